"""``python -m deadweight``."""

from deadweight.cli import main

if __name__ == "__main__":
    main()

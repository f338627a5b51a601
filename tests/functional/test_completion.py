"""Completion, tried in real shells: each is asked what it would offer for the beginning of a command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engines import needs

BIN = Path(sys.executable).parent
# Each script loads the completion, and prints what the shell offers for the words in $1.
BASH = """
eval "$(deadweight completion bash)"
COMP_LINE="$1"; read -ra COMP_WORDS <<< "$1"; [[ "$1" == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_deadweight_completion deadweight
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = 'deadweight completion fish | source; complete -C "$argv[1]"'
# zsh completes only in its line editor, so it runs in a terminal of its own (zpty) and lists into it.
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u; eval "$(deadweight completion zsh)"; print REA""DY'
zpty -r -m shell line '*READY*'
zpty -w -n shell "$1"$'\\t'
shown=
for attempt in {1..200}; do
  sleep 0.1
  # What arrives before the line editor has started may be lost: clear the line, and type again.
  (( attempt % 30 == 0 )) && zpty -w -n shell $'\\x15'"$1"$'\\t'
  while zpty -r -t shell line; do shown+="$line"; done
  [[ "$shown" == *"$2"* ]] && break
done
print -r -- "$shown"
"""


def offered(shell: str, words: str, directory: Path, until: str = "") -> str:
    """Return what a shell offers; zsh is read until it shows a text, for at most twenty seconds."""
    needs(shell)
    script = {"bash": BASH, "fish": FISH, "zsh": ZSH}[shell]
    options = {"bash": ["--norc", "-c"], "fish": ["--no-config", "-c"], "zsh": ["-f", "-c"]}[shell]
    last = [] if shell == "fish" else ["shell"]
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(directory), "TERM": "dumb"}
    done = subprocess.run(
        [shell, *options, script, *last, words, until],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


@pytest.mark.engines
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion__begin_of_a_command__is_completed(shell: str, tmp_path: Path) -> None:
    text = offered(shell, "deadweight ver", tmp_path, "verify")
    assert "verify" in text
    assert "groups" not in text


@pytest.mark.engines
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion__option_after_a_target__is_that_of_profile(shell: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("")
    assert "--sort" in offered(shell, "deadweight requirements.txt --so", tmp_path, "--sort")


@pytest.mark.engines
@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_completion__target__is_a_file(shell: str, tmp_path: Path) -> None:
    (tmp_path / "requirements-dev.txt").write_text("")
    if shell == "fish":
        assert "requirements-dev.txt" in offered(shell, "deadweight req", tmp_path)
    else:  # bash itself completes paths, because the script asks it to
        assert "verify" not in offered(shell, "deadweight req", tmp_path)


@pytest.mark.parametrize(
    ("words", "position", "expected"),
    [
        ("deadweight ", 1, {"plain,profile", "plain,why", "file,"}),
        ("deadweight why numpy r.txt --form", 4, {"plain,--format"}),
        ("deadweight r.txt --format ma", 3, {"plain,markdown"}),
    ],
)
def test_answer__any_words__names_what_fits(words: str, position: int, expected: set[str], tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "COMP_WORDS": words,
        "COMP_CWORD": str(position),
        "_DEADWEIGHT_COMPLETE": "bash_complete",
    }
    done = subprocess.run(
        [sys.executable, "-m", "deadweight"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert expected <= set(done.stdout.splitlines())
    assert done.stderr == ""

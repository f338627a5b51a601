"""Requirements → a throwaway environment; trials in it."""

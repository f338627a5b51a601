"""One word of code, a command or a setting → the module, object or URL scheme that it names, by its form."""

from __future__ import annotations

import re
from keyword import iskeyword

# File suffixes and top-level domains, which are not modules.
_NO_MODULES = frozenset(
    "py pyc pyi pyx so dll exe sh bat ps1 txt md rst log csv tsv json jsonl yml yaml toml cfg ini conf env lock"
    " xml html htm css scss js jsx ts tsx vue map png jpg jpeg gif svg ico webp pdf doc docx xls xlsx ppt pptx zip"
    " gz bz2 xz tar tgz whl egg db sqlite sqlite3 sql dump bak tmp pid sock service pem crt key cert ipynb parquet"
    " pkl npy npz h5 onnx pt bin dat proto tf j2 jinja jinja2 mp3 mp4 wav avi mov ttf woff woff2 c h cpp go rs rb"
    " java php orig example template sample com org net edu gov io dev local localhost localdomain internal"
    " invalid tex pth bazel".split()
)
# Parts of module names are short; longer ones are probably secrets such as tokens, which must not get into a report.
_PART = r"[A-Za-z_]\w{0,63}"
_DOTTED = re.compile(rf"([A-Za-z_]\w{{1,63}}(?:\.{_PART})+)(?::({_PART}(?:\.{_PART})*))?", re.ASCII)
_REFERENCE = re.compile(rf"({_PART}(?:\.{_PART})*):({_PART})(?:\(\))?", re.ASCII)
_SCHEME = re.compile(r"([a-z][a-z0-9+._-]*)://")
_DIALECT = re.compile(r"(?:postgres(?:ql)?|mysql|mariadb|sqlite|oracle|mssql|cockroachdb|redshift)\+[a-z]\w*")
_NOT_PROVIDED = frozenset("http https ftp ftps file mailto ws wss data git ssh svn hg".split())
_LONGEST = 255

# Names of settings (Django and others) that are lists of modules; their items may be bare names.
LISTS = re.compile(
    r"(?:\w*_APPS|MIDDLEWARE|\w*_MIDDLEWARES?|plugins|PLUGINS|pytest_plugins|EXTENSIONS|\w*_BACKENDS|\w*_CLASSES)"
)
# Names of settings with one value, which may be the bare name of a module.
SETTINGS = re.compile(r"\w+_BACKEND|\w*_ENGINE|worker_class")


def dotted_path(text: str) -> str | None:
    """Return "package.module.Attr" for that or for "package.module:Attr"; None for files, hosts and other text."""
    match = _DOTTED.fullmatch(text) if len(text) <= _LONGEST else None
    # ``tool.x`` is reserved for configured tools, com.example is a reversed host name, and eyJ begins JSON web tokens.
    if not match or match[1].startswith(("self.", "cls.", "tool.", "www.", "com.", "org.", "net.", "eyJ")):
        return None
    if any(map(iskeyword, text.replace(":", ".").split("."))):
        return None
    last = (match[2] or match[1]).rpartition(".")[2]
    if match[2] is None and last.lower() in _NO_MODULES:
        return None
    return f"{match[1]}.{match[2]}" if match[2] else match[1]


def object_reference(text: str) -> str | None:
    """Return "module.attr" for "module:attr", the form in which servers accept it on the command line."""
    match = _REFERENCE.fullmatch(text) if len(text) <= _LONGEST else None
    return f"{match[1]}.{match[2]}" if match else None


def url_scheme(text: str) -> str | None:
    """Return the scheme of a URL or the name of a SQLAlchemy driver; None for schemes that need no extra library."""
    match = _SCHEME.match(text)
    if match:
        scheme = match[1]
        known = scheme in _NOT_PROVIDED or scheme.startswith(("git+", "hg+", "svn+", "bzr+"))
        return None if known or len(scheme) > _LONGEST else scheme
    return text if len(text) <= _LONGEST and _DIALECT.fullmatch(text) else None


def bare_name(text: str) -> str | None:
    """Return ``text`` if it can be the name of a module, else None."""
    return text if text.isidentifier() and text.isascii() and len(text) <= _LONGEST else None

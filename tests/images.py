"""Builds images as engines save them: layers from dicts of paths."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import struct
import tarfile
from collections.abc import Mapping, Sequence
from typing import Literal

Content = str | bytes | None | tarfile.TarInfo  # None: a whiteout of that path
Compression = Literal["", "gzip", "zstd", "xz", "bzip2"]
Form = Literal["docker", "oci"]
_OCI = "application/vnd.oci.image"


def make_tar(files: Mapping[str, Content], *, form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar archive; a path that ends with "/" is a directory, a TarInfo stands for itself."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for path, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                content.name = path
                archive.addfile(content)
                continue
            if content is None:
                directory, _, name = path.rpartition("/")
                path, content = f"{directory}/.wh.{name}".lstrip("/"), b""
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(path.rstrip("/"))
            member.type = tarfile.DIRTYPE if path.endswith("/") else tarfile.REGTYPE
            member.size = 0 if path.endswith("/") else len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def link(target: str, *, hard: bool = False) -> tarfile.TarInfo:
    """Return a symlink, or a hard link."""
    member = tarfile.TarInfo()
    member.type, member.linkname = tarfile.LNKTYPE if hard else tarfile.SYMTYPE, target
    return member


def packed(data: bytes, compression: Compression) -> bytes:
    if compression == "gzip":
        return gzip.compress(data, 1, mtime=0)
    if compression == "xz":
        return lzma.compress(data, preset=1)
    if compression == "bzip2":
        return bz2.compress(data, 1)
    if compression == "zstd":
        import zstandard

        return zstandard.ZstdCompressor().compress(data)
    return data


def make_image(
    *layers: Mapping[str, Content],
    commands: Sequence[str] = (),
    form: Form = "docker",
    compression: Compression = "",
    execution: Mapping[str, object] | None = None,
) -> bytes:
    """Return the archive of an image, as ``docker save`` ("docker") or an OCI tool writes it.

    execution: how its containers start: {"Cmd": ["python"]}
    """
    return make_tar(image_files(*layers, commands=commands, form=form, compression=compression, execution=execution))


def image_files(
    *layers: Mapping[str, Content],
    commands: Sequence[str] = (),
    form: Form = "docker",
    compression: Compression = "",
    architecture: str = "amd64",
    execution: Mapping[str, object] | None = None,
) -> dict[str, Content]:
    """Return path → content of what is in such an archive, or in an OCI layout's directory."""
    tars = [make_tar(layer) for layer in layers]
    blobs = [packed(data, compression) for data in tars]
    history = [
        {"created_by": command, "empty_layer": command.startswith(("CMD", "ENTRYPOINT", "ENV"))} for command in commands
    ] or [{"created_by": "COPY . ."}] * len(layers)
    rootfs = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in tars]}
    facts = {"os": "linux", "architecture": architecture, "history": history, "rootfs": rootfs}
    config = json.dumps({**facts, "config": execution} if execution else facts).encode()
    digests = [hashlib.sha256(blob).hexdigest() for blob in blobs]
    if form == "docker":
        files: dict[str, Content] = {f"{digest}/layer.tar": blob for digest, blob in zip(digests, blobs, strict=True)}
        names = [f"{digest}/layer.tar" for digest in digests]
        manifest = json.dumps([{"Config": "config.json", "RepoTags": ["app:1"], "Layers": names}])
        return {**files, "config.json": config, "manifest.json": manifest}
    found: dict[str, Content] = {"oci-layout": '{"imageLayoutVersion": "1.0.0"}'}

    def blob(data: bytes, kind: str) -> dict[str, object]:
        digest = hashlib.sha256(data).hexdigest()
        found[f"blobs/sha256/{digest}"] = data
        return {"digest": f"sha256:{digest}", "size": len(data), "mediaType": f"{_OCI}.{kind}"}

    layer = f"layer.v1.tar{compression and '+'}{compression}"
    document = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"{_OCI}.manifest.v1+json",
            "config": blob(config, "config.v1+json"),
            "layers": [blob(data, layer) for data in blobs],
        }
    ).encode()
    platform = {"platform": {"os": "linux", "architecture": architecture}}
    described = {**blob(document, "manifest.v1+json"), **platform}
    found["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [described]})
    return found


def make_image_of_platforms(layers: Mapping[str, Mapping[str, Content]]) -> bytes:
    """Return an OCI archive of an image for several architectures, each with one layer."""
    files: dict[str, Content] = {}
    manifests: list[object] = []
    for architecture, layer in layers.items():
        parts = image_files(layer, form="oci", architecture=architecture)
        manifests += json.loads(str(parts["index.json"]))["manifests"]
        files |= parts
    files["index.json"] = json.dumps({"schemaVersion": 2, "mediaType": f"{_OCI}.index.v1+json", "manifests": manifests})
    return make_tar(files)


def make_elf(
    *,
    needed: Sequence[str] = (),
    soname: str = "",
    build_id: bytes = b"",
    bits: int = 64,
    order: Sequence[str] = ("names", "note", "dynamic"),
    gap: int = 0,
) -> bytes:
    """Return an ELF file for x86 with a dynamic segment and a build-id, and nothing that could run.

    order: how its parts follow each other; gap: bytes before each of them
    """
    wide = bits == 64
    names = b"\0" + b"".join(name.encode() + b"\0" for name in (*needed, *([soname] if soname else [])))
    note = struct.pack("<III4s", 4, len(build_id), 3, b"GNU\0") + build_id if build_id else b""
    header_size, segment_size = (64, 56) if wide else (52, 32)
    tags = [(1, names.index(b"\0" + name.encode() + b"\0") + 1) for name in needed]
    tags += [(14, names.index(b"\0" + soname.encode() + b"\0") + 1)] if soname else []
    base, entry = 0x10000, "<qQ" if wide else "<iI"
    sizes = {"names": len(names), "note": len(note), "dynamic": (len(tags) + 2) * struct.calcsize(entry)}
    at, whole = {}, header_size + 3 * segment_size
    for part in order:
        at[part] = whole + gap
        whole = at[part] + sizes[part]
    tags += [(5, base + at["names"]), (0, 0)]
    dynamic = b"".join(struct.pack(entry, *tag) for tag in tags)
    content = {"names": names, "note": note, "dynamic": dynamic}

    def segment(kind: int, offset: int, size: int) -> bytes:
        if wide:
            return struct.pack("<IIQQQQQQ", kind, 4, offset, base + offset, base + offset, size, size, 1)
        return struct.pack("<IIIIIIII", kind, offset, base + offset, base + offset, size, size, 4, 1)

    ident = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    shape = "<HHIQQQIHHHHHH" if wide else "<HHIIIIIHHHHHH"
    machine = 62 if wide else 3
    header = struct.pack(shape, 3, machine, 1, 0, header_size, 0, 0, header_size, segment_size, 3, 0, 0, 0)
    segments = segment(1, 0, whole) + segment(2, at["dynamic"], len(dynamic)) + segment(4, at["note"], len(note))
    return ident + header + segments + b"".join(bytes(gap) + content[part] for part in order)

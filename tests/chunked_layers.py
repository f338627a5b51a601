"""Builds layers with a table of contents: eStargz, and zstd:chunked as containers/storage writes it."""

from __future__ import annotations

import hashlib
import json
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import zstandard

from tests.images import Content

ChunkedForm = Literal["estargz", "zstd:chunked"]
Table = dict[str, Any]
_TYPES = {
    tarfile.REGTYPE: "reg", tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink", tarfile.LNKTYPE: "hardlink",
}  # fmt: skip
_SKIPPABLE = b"\x50\x2a\x4d\x18"  # RFC 8878, 3.1.2


def digest_of(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def chunked_layer(
    files: Mapping[str, Content],
    form: ChunkedForm,
    *,
    chunk_size: int = 1 << 16,
    change: Callable[[Table], object] = bool,
) -> tuple[bytes, dict[str, str]]:
    """Return a compressed layer and its annotations; ``change`` edits the table before it is signed."""
    pack = _gzip if form == "estargz" else zstandard.ZstdCompressor().compress
    blob, held = bytearray(), bytearray()
    entries: list[Table] = []
    for member, data in _members(files):
        held += member.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
        entry = {"name": member.name, "type": _TYPES[member.type], "mode": 420, "linkName": member.linkname}
        entries.append(entry)
        if not data:
            continue
        blob += pack(bytes(held))
        entry |= {"size": len(data), "digest": digest_of(data)}
        chunks = [data[at : at + chunk_size] for at in range(0, len(data), chunk_size)]
        for number, chunk in enumerate(chunks):
            part = entry if not number else {"name": member.name, "type": "chunk", "chunkOffset": number * chunk_size}
            part |= {"offset": len(blob), "chunkDigest": digest_of(chunk)}
            if len(chunks) > 1:
                part["chunkSize"] = len(chunk)
            if number:
                entries.append(part)
            blob += pack(chunk)
        entry["endOffset"] = len(blob)
        held = bytearray(-len(data) % 512)
    table: Table = {"version": 1, "entries": entries}
    change(table)
    return _ended(blob, bytes(held), json.dumps(table).encode(), form)


def _ended(blob: bytearray, held: bytes, text: bytes, form: ChunkedForm) -> tuple[bytes, dict[str, str]]:
    """Add the table and the footer; return the layer and its annotations."""
    if form == "estargz":
        blob += _gzip(held) if held else b""
        at, member = len(blob), tarfile.TarInfo("stargz.index.json")
        member.size = len(text)
        blob += _gzip(member.tobuf(tarfile.GNU_FORMAT) + text + bytes(-len(text) % 512 + 1024))
        extra = b"SG" + struct.pack("<H", 22) + f"{at:016x}STARGZ".encode()
        blob += b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff" + struct.pack("<H", len(extra)) + extra
        blob += b"\x01\0\0\xff\xff" + bytes(8)
        return bytes(blob), {"containerd.io/snapshot/stargz/toc.digest": digest_of(text)}
    pack = zstandard.ZstdCompressor().compress
    blob += pack(held + bytes(1024))
    packed = pack(text)
    blob += _SKIPPABLE + struct.pack("<I", len(packed))
    position = f"{len(blob)}:{len(packed)}:{len(text)}:1"
    blob += packed + _SKIPPABLE + struct.pack("<I", 40) + bytes(40)
    prefix = "io.github.containers.zstd-chunked.manifest"
    return bytes(blob), {f"{prefix}-checksum": digest_of(packed), f"{prefix}-position": position}


def _members(files: Mapping[str, Content]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    for path, content in files.items():
        if isinstance(content, tarfile.TarInfo):
            content.name = path
            yield content, b""
            continue
        directory, _, name = path.rpartition("/")
        member = tarfile.TarInfo(f"{directory}/.wh.{name}".lstrip("/") if content is None else path.rstrip("/"))
        data = content.encode() if isinstance(content, str) else content or b""
        member.type, member.size = tarfile.DIRTYPE if path.endswith("/") else tarfile.REGTYPE, len(data)
        yield member, data


def _gzip(data: bytes) -> bytes:
    packer = zlib.compressobj(6, wbits=31)
    return packer.compress(data) + packer.flush()


def chunked_image(
    *layers: tuple[bytes, Mapping[str, str]], lie: Callable[[dict[str, Any]], object] = bool
) -> dict[str, Content]:
    """Return the files of an OCI layout of an image with such layers; ``lie`` edits the descriptors."""
    found: dict[str, Content] = {}

    def blob(data: bytes, kind: str) -> dict[str, Any]:
        found[f"blobs/{digest_of(data).replace(':', '/')}"] = data
        return {"digest": digest_of(data), "size": len(data), "mediaType": f"application/vnd.oci.image.{kind}"}

    described: list[dict[str, Any]] = []
    for data, signed in layers:
        kind = "layer.v1.tar+zstd" if any("zstd" in key for key in signed) else "layer.v1.tar+gzip"
        described.append({**blob(data, kind), "annotations": dict(signed)})
        lie(described[-1])
    config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}})
    manifest = {"schemaVersion": 2, "config": blob(config.encode(), "config.v1+json"), "layers": described}
    index = {"schemaVersion": 2, "manifests": [blob(json.dumps(manifest).encode(), "manifest.v1+json")]}
    return {**found, "index.json": json.dumps(index), "oci-layout": '{"imageLayoutVersion": "1.0.0"}'}

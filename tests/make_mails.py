"""Mails as clients really send them, by hand: winmail.dat, containers, files without a name."""

import struct


def _attribute(level, kind, data):
    return struct.pack("<BLL", level, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _padded(raw):
    return raw + b"\0" * (-len(raw) % 4)


def _property(key, kind, raw):
    """A value of variable length."""
    return struct.pack("<HH2L", kind, key, 1, len(raw)) + _padded(raw)


def tnef(*files, in_properties=False, as_objects=False):
    """winmail.dat with these (short name, long name, content)."""
    content = struct.pack("<LH", 0x223E9F78, 1)
    content += _attribute(1, 0x00089006, struct.pack("<L", 0x00010000))  # version
    content += _attribute(1, 0x00069003, struct.pack("<L", 0))  # of the mail itself: no property
    for short, long, data in files:
        content += _attribute(2, 0x00069002, b"\0" * 14)
        if not (in_properties or as_objects):
            content += _attribute(2, 0x0006800F, data)
        if short is not None:
            content += _attribute(2, 0x00018010, short.encode("gbk") + b"\0")
        told = [struct.pack("<HHL", 0x0003, 0x0E20, len(data))]  # size: of fixed width
        told.append(
            struct.pack("<HH", 0x001F, 0x8001)
            + b"\1" * 16
            + struct.pack("<2L", 1, 6)
            + _padded("ab\0".encode("utf-16-le"))
            + struct.pack("<2L", 1, 4)
            + "c\0".encode("utf-16-le")
        )
        if long is not None:
            told.append(_property(0x3707, 0x001F, (long + "\0").encode("utf-16-le")))
        if in_properties:
            told.append(_property(0x3701, 0x0102, data))
        if as_objects:
            told.append(_property(0x3701, 0x000D, b"\7" * 16 + data))
        content += _attribute(2, 0x00069005, struct.pack("<L", len(told)) + b"".join(told))
    return content

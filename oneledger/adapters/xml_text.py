"""Text as XML can carry it, for what libraries write that refuse the rest."""

import re

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """Without control characters and halves of characters."""
    return _NOT_XML.sub("", text)

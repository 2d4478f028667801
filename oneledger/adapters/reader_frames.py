"""What the reader and its child have agreed on: a frame is its length and its bytes."""

LENGTH_BYTES = 8  # big-endian
MOST_REPLY_BYTES = 32 * 2**20
"""Of JSON. A filled workbook of ours gives 0.1 MB; a child gone mad is not let into our memory."""

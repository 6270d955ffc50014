"""Asks a Cassandra node with nothing but the standard library: native protocol 4, one statement at a time."""
import socket, struct

STARTUP, READY, QUERY, RESULT = 1, 2, 7, 8
QUORUM, ROWS = 4, 2
WITH_PAGE_SIZE, WITH_PAGING_STATE = 4, 8
HAS_GLOBAL_TABLE, HAS_MORE_PAGES = 1, 2
PAGE_ROWS = 1_000


class Reader:
    def __init__(self, body):
        self.body, self.at = body, 0

    def take(self, size):
        self.at += size
        return self.body[self.at - size:self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def string(self):
        return self.take(self.number(">H")).decode()

    def value(self):
        size = self.number(">i")
        return None if size < 0 else self.take(size)


class Session:
    """One connection. Values come as the protocol's bytes; columns of collection types are not understood."""

    def __init__(self, node, seconds=60):
        host, _, port = node.partition(":")
        self.connection = socket.create_connection((host, int(port or 9042)), seconds)
        version = b"CQL_VERSION", b"3.0.0"
        self.call(STARTUP, struct.pack(">H", 1) + b"".join(struct.pack(">H", len(s)) + s for s in version))

    def close(self):
        self.connection.close()

    def exactly(self, size):
        data = bytearray()
        while len(data) < size:
            piece = self.connection.recv(size - len(data))
            if not piece:
                raise OSError("the node closed the connection")
            data += piece
        return bytes(data)

    def call(self, opcode, body):
        self.connection.sendall(struct.pack(">BBhBi", 4, 0, 0, opcode, len(body)) + body)
        _, _, _, answered, size = struct.unpack(">BBhBi", self.exactly(9))
        reader = Reader(self.exactly(size))
        if answered not in (READY, RESULT):
            raise RuntimeError(f"the node answered {reader.number('>i'):#06x} {reader.string()}")
        return reader

    def rows(self, statement):
        """All rows of a SELECT, page by page."""
        found, state = [], None
        while True:
            flags = WITH_PAGE_SIZE | (WITH_PAGING_STATE if state else 0)
            body = struct.pack(">i", len(statement)) + statement.encode() + struct.pack(">HBi", QUORUM, flags, PAGE_ROWS)
            reader = self.call(QUERY, body + (struct.pack(">i", len(state)) + state if state else b""))
            if reader.number(">i") != ROWS:
                raise RuntimeError(f"no rows: {statement}")
            state, page = self.page(reader)
            found += page
            if not state:
                return found

    @staticmethod
    def page(reader):
        flags, columns = reader.number(">i"), reader.number(">i")
        state = reader.value() if flags & HAS_MORE_PAGES else None
        if flags & HAS_GLOBAL_TABLE:
            reader.string(), reader.string()
        for _ in range(columns):
            if not flags & HAS_GLOBAL_TABLE:
                reader.string(), reader.string()
            reader.string(), reader.number(">H")
        return state, [[reader.value() for _ in range(columns)] for _ in range(reader.number(">i"))]

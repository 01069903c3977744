"""The CSOM ProcessQuery format, both directions, as pure values (spo-admin.md sections 2 and 3).

`values` holds what requests and replies are made of, `request` reads a request as a server does, `reply` writes the
answer, `build` writes a request as a client does, `answer` reads the reply, `enums` and `faults` are the tables.
"""

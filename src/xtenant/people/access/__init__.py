"""Who can reach what today, and after the moves: predicted from two inventories and a map (R-4.14, R-7.14, settled C 6).

Walks assignments forward: scope → assigned principal → its members. The service decides the other way round, from the caller up;
the two share no code, so that a mistake made on one side is seen on the other.
"""

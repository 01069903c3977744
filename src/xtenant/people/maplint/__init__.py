"""The judge of identity map files: every problem at once, by the rules R-5.40 to R-5.65 (settled C 6, C 8).

Reader and patterns are this house's own. The service reads rows with other code, so that a mistake made on one side is seen
on the other; only the enum names of `domain.identity` are shared.
"""

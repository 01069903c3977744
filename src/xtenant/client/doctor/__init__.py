"""`xtenant doctor`: what stands in the way of looking at a tenant, checking a plan, or moving, and what to click or run.

It only reads. One module for each group of questions; `checkup` asks them in order and leaves out what cannot be answered.
"""

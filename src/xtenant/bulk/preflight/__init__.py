"""Everything that must hold before the moves of a plan, asked at once and beforehand (rulebook 6 and 9).

One module for each group of rules; `registry` lists them, with what each rule rests on and where its fact is read.
"""

# ---- xtenant epilogue 1: the same in every script; runs the steps above one after the other ----------------------------------
}
Invoke-XtSteps -Steps $XtSteps -Results ([System.IO.Path]::ChangeExtension($PSCommandPath, '.results.jsonl'))
# ---- xtenant end ------------------------------------------------------------------------------------------------------------

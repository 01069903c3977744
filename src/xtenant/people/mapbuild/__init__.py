"""The identity map from the plan and from whom the moving sites name (step 5)."""

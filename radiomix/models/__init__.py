"""The table half: scikit-learn estimators over DataFrames, and what is needed to believe their scores."""

"""The contract of every transformer here: DataFrame in, DataFrame out; array in, array out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags, assert_all_finite
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

from ..errors import ModelError

Table: TypeAlias = "pd.DataFrame | NDArray[Any]"
Values = NDArray[np.float64]


class FrameTransformer(TransformerMixin, BaseEstimator):
    """Base of transformers of float columns; subclasses write `_learn(values, y)` and `_apply(values)`.

    Missing values are allowed unless `_gaps` is False.
    """

    _gaps = True

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self._gaps
        return tags

    def _values(self, X: Table, *, reset: bool) -> Values:
        smallest = 2 if reset else 1
        if isinstance(X, pd.DataFrame) and len(X) >= smallest and set(X.dtypes) == {np.dtype(float)}:
            # the general check below asks every column about its type, which takes longer than most transformers
            validate_data(self, X, reset=reset, skip_check_array=True)
            values = X.to_numpy()
            assert_all_finite(values, allow_nan=self._gaps)
            return values
        finite = "allow-nan" if self._gaps else True
        return validate_data(
            self, X, reset=reset, dtype=np.float64, ensure_all_finite=finite, ensure_min_samples=smallest
        )

    def fit(self, X: Table, y: Any = None) -> FrameTransformer:
        self._learn(self._values(X, reset=True), y)
        return self

    def transform(self, X: Table) -> Table:
        check_is_fitted(self)
        return like(X, self._apply(self._values(X, reset=False)), self.get_feature_names_out)

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        check_is_fitted(self)
        return _check_feature_names_in(self, input_features)

    def _named(self, columns: Sequence[str]) -> NDArray[np.bool_]:
        """(p,) which columns are among those named, or were made from a categorical one (`histology=adeno`)."""
        wanted = set(columns)
        return np.array([c in wanted or str(c).split("=")[0] in wanted for c in _check_feature_names_in(self)])

    def _learn(self, values: Values, y: Any) -> None:
        raise NotImplementedError

    def _apply(self, values: Values) -> Values:
        raise NotImplementedError


class Selector(FrameTransformer):
    """Base of transformers that keep some columns. Subclasses write `_choose(values, y)`, the (p,) booleans to keep.

    A column named in `keep`, or made from a categorical column named there (`histology=adeno`), is never dropped.
    """

    keep: tuple[str, ...] = ()

    def fit(self, X: Table, y: Any = None) -> Selector:
        values = self._values(X, reset=True)
        chosen = np.asarray(self._choose(values, y), dtype=bool) | self._protected()
        if not chosen.any():
            raise ModelError(f"{type(self).__name__} would keep none of {values.shape[1]} columns: loosen its setting")
        self.support_ = chosen
        return self

    def _protected(self) -> NDArray[np.bool_]:
        return self._named(self.keep)

    def get_support(self, indices: bool = False) -> NDArray[Any]:
        """(p,) booleans of the columns kept, or their positions."""
        check_is_fitted(self)
        return np.flatnonzero(self.support_) if indices else self.support_

    def transform(self, X: Table) -> Table:
        check_is_fitted(self)
        values = self._values(X, reset=False)
        return X.loc[:, self.support_] if isinstance(X, pd.DataFrame) else values[:, self.support_]

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        return super().get_feature_names_out(input_features)[self.support_]

    def _choose(self, values: Values, y: Any) -> NDArray[np.bool_]:
        raise NotImplementedError


def like(X: Table, values: Values, names: Any) -> Table:
    """The values as a DataFrame indexed like X when X is one, else as they are. `names` is called only when needed."""
    return pd.DataFrame(values, index=X.index, columns=names()) if isinstance(X, pd.DataFrame) else values


def as_text(column: pd.Series) -> NDArray[Any]:
    """Names, ids and centres as text: whole numbers without a point, no blanks around, `missing` for gaps."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype(object).where(column.notna(), "missing").astype(str).str.strip().to_numpy(object)

"""Numba's compiler less what no kernel needs: the first extraction on a machine waits for all of it.

A kernel is compiled for Python to call, and all that it calls, NumPy's functions included, only to become a part of it:
without a wrapper, and without machine code of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from numba.core import config, ir
from numba.core.analysis import compute_cfg_from_blocks
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import AnalysisPass, PassManager, register_pass
from numba.core.typed_passes import AnnotateTypes, DumpParforDiagnostics, InlineOverloads, NopythonRewrites
from numba.core.types import Array, BaseFunction, Boolean, Function, Number, Tuple, UniTuple
from numba.core.untyped_passes import (
    FindLiterallyCalls,
    InlineClosureLikes,
    InlineInlinables,
    LiteralPropagationSubPipelinePass,
    LiteralUnroll,
    MakeFunctionToJitFunction,
    RewriteDynamicRaises,
    RewriteSemanticConstants,
    WithLifting,
)

# For what kernels do without: closures, array expressions, exceptions, `with`, literal arguments, parallel loops
UNUSED = {
    DumpParforDiagnostics,
    FindLiterallyCalls,
    InlineClosureLikes,
    InlineInlinables,
    InlineOverloads,
    LiteralPropagationSubPipelinePass,
    LiteralUnroll,
    MakeFunctionToJitFunction,
    NopythonRewrites,
    RewriteDynamicRaises,
    RewriteSemanticConstants,
    WithLifting,
}
ELEMENTS = {"getiter", "iternext", "pair_first", "pair_second", "exhaust_iter"}


class _Library(JITCodeLibrary):
    """Code that is optimised as a whole: of each function by itself, the first level is enough."""

    def add_linking_library(self, library: Any) -> None:
        super().add_linking_library(library)
        for one in library._linking_libraries:
            if one not in self._linking_libraries:
                self.add_linking_library(one)

    def _optimize_functions(self, module: Any) -> None:
        settings: Any = config
        level, settings.OPT = settings.OPT, 1
        try:
            super()._optimize_functions(module)
        finally:
            settings.OPT = level


class _Part(_Library):
    """Code that only kernels call: linked into them, and only there made machine code.

    It is optimised before, too: inside its caller the compiler sees too little of its arrays to use whole vectors.
    With loops it is linked into the kernel alone, not to be optimised in every other part between the two.
    """

    loops = False

    @property
    def codegen(self) -> Any:
        return self  # which is asked for no more than `set_env`

    def set_env(self, name: str, environment: object) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def finalize(self) -> None:
        called = self._linking_libraries
        self._linking_libraries = [one for one in called if not (isinstance(one, _Part) and one.loops)]
        super().finalize()
        self._linking_libraries = called


@register_pass(mutates_CFG=False, analysis_only=True)
class _WithoutReferences(AnalysisPass):
    """Where no array is made or returned, none needs to be let go: those that are passed in are held by the caller."""

    _name = "without_references"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        models = state.targetctx.data_model_manager

        def held(kind: Any) -> bool:
            return bool(models[kind].contains_nrt_meminfo())

        def made(expression: Any, signature: Any) -> bool:
            if expression.op in ("getitem", "static_getitem"):  # by numbers and slices, an array is looked at
                return any(held(argument) for argument in signature.args[1:])
            return expression.op not in ELEMENTS and held(signature.return_type)

        calls = ((call, signature) for call, signature in state.calltypes.items() if isinstance(call, ir.Expr))
        arrays = (made(call, signature) for call, signature in calls if signature is not None)
        if not held(state.return_type) and not any(arrays):
            state.targetctx.enable_nrt = False
        return False


@register_pass(mutates_CFG=False, analysis_only=True)
class _AsPart(AnalysisPass):
    _name = "as_part"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        # after the types are known: overloads of NumPy's functions are compiled again for every set of options
        state.flags.no_cpython_wrapper = True
        state.library = _Part(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.loops = bool(compute_cfg_from_blocks(state.func_ir.blocks).loops())
        return False


def _plain(kind: Any) -> bool:
    return isinstance(kind, (Number, Boolean, Array)) or (
        isinstance(kind, (Tuple, UniTuple)) and all(_plain(part) for part in kind)
    )


@cache
def _operation(operator: Any, context: Any, operands: tuple[Any, ...]) -> Any:
    return BaseFunction.get_call_type(operator, context, operands, {})


def _call_type(function: Any, context: Any, operands: Any, named: Any) -> Any:
    """What a call returns; of what an operator makes of numbers and arrays, Numba is not asked in every round again.

    Of functions it is: it depends on the options, too, under which NumPy's are compiled.
    """
    key = function.typing_key
    operator = key in (bool, range) or getattr(key, "__module__", "") == "_operator"
    if operator and not named and all(map(_plain, operands)):
        return _operation(function, context, tuple(operands))
    return BaseFunction.get_call_type(function, context, operands, named)


def _passes(state: Any, *more: type[AnalysisPass]) -> list[PassManager]:
    passes = DefaultPassBuilder.define_nopython_pipeline(state)
    passes.passes = [entry for entry in passes.passes if entry[0] not in UNUSED]
    for one in more:
        passes.add_pass_after(one, AnnotateTypes)
    passes.finalize()
    return [passes]


class PartCompiler(CompilerBase):
    """Compiles what is called by kernels alone."""

    def define_pipelines(self) -> list[PassManager]:
        return _passes(self.state, _WithoutReferences, _AsPart)


class KernelCompiler(CompilerBase):
    """Compiles a kernel for Python to call, and all that it calls as parts of it."""

    def define_pipelines(self) -> list[PassManager]:
        return _passes(self.state, _WithoutReferences)

    def compile_extra(self, function: Callable[..., Any]) -> Any:
        codegen = self.state.targetctx.codegen()
        self.state.library = _Library(codegen, function.__qualname__)
        self.state.library.enable_object_caching()
        function_type: Any = Function
        codegen._library_class = _Part  # under Numba's lock: nobody else compiles meanwhile
        function_type.get_call_type = _call_type
        try:
            return super().compile_extra(function)
        finally:
            del codegen._library_class, function_type.get_call_type  # which is its base's again

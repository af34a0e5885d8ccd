"""The `condition` of a configuration: a safe part of Python, read as a tree and never run as code.

Documented: a Python 3.12 expression over `contact` and `event`, with builtins and the modules datetime,
json, random, re and time, `#` comments allowed. The mock knows literals, comparisons, and/or/not,
arithmetic, ``x if y else z``, subscripts, the getters of `contact` and `event`, and the functions and
methods listed in ``functions``, ``methods`` and ``modules``. Anything else is refused when the
configuration is saved, by name, with line and column: the mock refuses what it would have to guess.

How it stays safe: every node, name, method and keyword is looked up in a list (``parser``); there are no
variables, loops, comprehensions, lambdas or formatting; what can grow is charged to the ``budget`` first;
regular expressions run on RE2, which does not backtrack (``patterns``).
"""

from orchestration_mock.model.conditions.budget import ConditionFailed
from orchestration_mock.model.conditions.evaluation import ConditionFacts
from orchestration_mock.model.conditions.evaluator import is_true
from orchestration_mock.model.conditions.parser import BadCondition, parse

__all__ = ["BadCondition", "ConditionFacts", "ConditionFailed", "is_true", "parse"]

"""Every experiment there is; and those that can be run here."""

from tests.torture.e1 import E1_COLLECT, E1_SEND, E1_SEVERAL
from tests.torture.e2 import E2
from tests.torture.e3 import E3
from tests.torture.e4 import E4
from tests.torture.e5 import E5
from tests.torture.e5_stop import E5_STOP
from tests.torture.e6 import E6
from tests.torture.e7 import E7
from tests.torture.e8 import E8
from tests.torture.e9 import E9
from tests.torture.e15 import E15
from tests.torture.e16 import E16
from tests.torture.e17 import E17
from tests.torture.e20 import E20
from tests.torture.e21 import E21
from tests.torture.tracing import is_possible

KNOWN = (  # the longest first
    E15, E17, E2, E6, E5, E1_SEVERAL, E1_SEND, E5_STOP, E8, E4, E21, E16, E20, E7, E1_COLLECT, E3, E9,
)  # fmt: skip
EXPERIMENTS = tuple(each for each in KNOWN if each is not E21 or is_possible())

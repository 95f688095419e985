"""Read by every interpreter of the devcloud: collects garbage less often, as starting services is mostly imports.

These make long-lived objects only, and looking through them again and again is a fifth of a start's CPU.
"""

import gc

gc.set_threshold(100_000, 50, 100)

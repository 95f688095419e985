"""swift_daemon.py FOLDER MODULE CONFIG: a Swift daemon that reads FOLDER/swift.conf.

Swift's servers find swift.conf by the option swift_dir; its daemons look into /etc/swift only.
"""

import importlib
import sys

from swift.common import storage_policy
from swift.common.utils import set_swift_dir

set_swift_dir(sys.argv[1])
storage_policy.reload_storage_policies()
module = importlib.import_module(sys.argv[2])
sys.argv = sys.argv[2:]
module.main()

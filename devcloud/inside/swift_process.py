"""swift_process.py FOLDER MODULE CONFIG: a server or daemon of Swift that reads FOLDER/swift.conf.

Swift's daemons look into /etc/swift only; its servers find the hash prefix there by the option swift_dir, but
take the storage policies from /etc/swift when they are imported.
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

"""The environment variables that Hoarfrost reads, for the reference page; a test holds the table to"
    " what is asked for.

An option on the command line comes before its variable. Secrets have no option, as others see a"
    " command line.
"""

from __future__ import annotations

VARIABLES = {
    "HOARFROST_REPOSITORY": "where the backups are: the URL of `--repository`",
    "HOARFROST_PASSPHRASE_FILE": "file with the passphrase that opens the repository (of `repository"
    " init`: that it gets)",
    "HOARFROST_PASSPHRASE_COMMAND": "command that prints that passphrase on its first line, run without"
    " a shell; asked for where no file is named. With neither there is a prompt",
    "HOARFROST_AGE_IDENTITY_FILE": "file with an age identity (`AGE-SECRET-KEY-...`) that opens the"
    " repository; before both",
    "HOARFROST_NEW_PASSPHRASE_FILE": "file with the passphrase of the key that `repository key add` makes",
    "HOARFROST_NEW_PASSPHRASE_COMMAND": "command that prints that one, likewise",
    "HOARFROST_SWIFT_CLOUD": "entry of clouds.yaml with the cloud of a `swift:` repository; without it"
    " that of `OS_CLOUD` or `OS_*`",
    "HOARFROST_S3_ENDPOINT": "https:// address of an `s3:` repository; without any endpoint it is AWS",
    "HOARFROST_S3_REGION": "its region",
    "HOARFROST_S3_ACCESS_KEY_ID": "the access key for it",
    "HOARFROST_S3_SECRET_ACCESS_KEY": "the secret of that key",
    "HOARFROST_S3_SESSION_TOKEN": "the token of a temporary key",
    "HOARFROST_S3_PROFILE": "profile in `~/.aws` whose keys are taken, whatever keys the environment has",
    "HOARFROST_STATE": "folder for the ledgers of runs: what a killed run left, what a restore made,"
    " which the undo needs; without it `hoarfrost` in `XDG_STATE_HOME` or `~/.local/state`",
}

OTHERS = {
    "`OS_CLOUD`, `OS_CLIENT_CONFIG_FILE`, other `OS_*`": "the cloud that is backed up, or restored to,"
    " as of the `openstack` command",
    "`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_ACCESS_KEY_ID`,"
    " `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_PROFILE`, `AWS_CONFIG_FILE`,"
    " `AWS_SHARED_CREDENTIALS_FILE`, `AWS_VIRTUAL_HOSTED_STYLE_REQUEST`": "an `s3:` repository,"
    " where the variable of its own above is not set",
    "`SSL_CERT_FILE`": "certificates of authorities that an `s3:` repository is trusted by; of a cloud"
    " see `OS_CACERT`",
}

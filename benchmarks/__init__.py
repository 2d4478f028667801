import os

# Prefect says only what is wrong, and phones nobody; it reads this when it is imported
os.environ |= {"PREFECT_LOGGING_LEVEL": "WARNING", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}

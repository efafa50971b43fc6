"""The doorbell: Celery messages that carry work item ids."""

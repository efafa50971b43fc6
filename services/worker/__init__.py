"""Workers: Celery processes that work on items, and the relay that rings them."""

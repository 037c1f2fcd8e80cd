"""The API, `/api/v1`: what the pages do, for programs. Nothing here knows a cookie, a form or a session."""

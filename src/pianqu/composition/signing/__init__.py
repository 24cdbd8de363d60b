"""Signing in: password, second step, and what lies between. allauth keeps the authenticators; pages and locks are ours."""

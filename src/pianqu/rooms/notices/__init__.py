"""通知 notices: who is told of what happened, on which way, and whether it arrived.

Nouns: Notice (in an organisation's inbox), Inbox (how far it is done with), Outgoing (one message to the person who reported).
Webhook with its Calls (another system that is told of facts).
Verbs: clear_inbox, settle_send, add_webhook, drop_webhook. Everything else follows from facts: readers write notices and plan
messages, a job sends them.
Questions: inbox_for, unread, sending_for, webhooks_for.
Invariants: a message holds a code and a link, never words, names or contacts; a fact is told once on each way, also after a
replay; a message of which nobody knows whether it left is shown and not sent again by itself; old facts are not sent at all.
"""

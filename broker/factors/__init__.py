"""What somebody proves herself with: an app's six digits, a passkey, a recovery code; and how often she may guess.

One room a factor; `held` says what somebody has. What a session has proved is in broker.fresh.
"""

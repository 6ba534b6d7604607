"""What one proves oneself with: an app's six digits, a passkey, a recovery code; how often one may guess.

One room a factor; `held` says what somebody has. What a session has proved is in broker.fresh.
"""

"""Template helpers of casework."""

"""Think, then ground, then segment: the agent, and the rule of which text reaches the detector."""

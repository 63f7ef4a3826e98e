import sys
from pathlib import Path

# Configs of runs import `toy`.
sys.path.insert(0, str(Path(__file__).parent))

"""Pre-trained weights of a backbone, taken through the one door."""

from mmengine.model import BaseModule

from .loading import load_pretrained
from .names import StateDict


class StrictInit(BaseModule):
    """Loads what ``init_cfg`` names: all of it, or an error.

    mmengine's own loader accepts a file of which no name matches. Here
    ``dict(type='Pretrained', checkpoint=..., prefix=...)`` goes through
    :func:`infmae_mm.checkpoint.load_pretrained`, after everything else, so
    that nothing overwrites it. A ``checkpoint`` of None is none.
    """

    def init_weights(self) -> None:
        """Initialise, then load.

        Raises:
            CheckpointError: If a pre-trained file does not fit.
        """
        if self.is_init:
            return
        configs = self.init_cfg or []
        configs = [configs] if isinstance(configs, dict) else configs
        pretrained = [c for c in configs if c['type'] == 'Pretrained']
        self.init_cfg = [c for c in configs if c not in pretrained]
        self.init_afresh()
        self.init_cfg = configs
        self.is_init = True
        for cfg in pretrained:
            if cfg['checkpoint'] is None:
                continue
            load_pretrained(
                self,
                cfg['checkpoint'],
                cfg.get('prefix'),
                rename=self.rename_published,
            )

    def init_afresh(self) -> None:
        """Initialise without a file."""
        super().init_weights()

    def rename_published(self, state_dict: StateDict) -> StateDict:
        """Give weights under the names of their authors ours."""
        return state_dict

"""Frames of images and videos, in batches, read ahead in threads."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .inputs import Item
from .videos import Video, VideoError


@dataclass(frozen=True)
class Frame:
    """A still image, or one of a video.

    Attributes:
        item (Item): Its file.
        position (int): Among all that is predicted on, from 1.
        number (int | None): Of a video, from 0.
        seconds (float | None): Its time in the video.
    """

    item: Item
    position: int
    number: int | None = None
    seconds: float | None = None

    @property
    def key(self) -> str:
        """Its name among the results."""
        if self.number is None:
            return self.item.key
        return f'{self.item.key}/{self.number:06d}'

    @property
    def cells(self) -> list[str]:
        """What its rows begin with: image, frame and time."""
        if self.number is None:
            return [self.item.name, '', '']
        return [self.item.name, str(self.number), f'{self.seconds:.3f}']


@dataclass
class Chunk:
    """Frames that go through the network together.

    Attributes:
        frames (list[Frame]): One batch of them, or fewer.
        prepared (list[Future]): What was made of each, or an error.
        error (str | None): Why the video that they end is not complete.
        ends_video (Item | None): The video that they end.
        fps (float): Frames per second of their video.
    """

    frames: list[Frame] = field(default_factory=list)
    prepared: list[Future] = field(default_factory=list)
    error: str | None = None
    ends_video: Item | None = None
    fps: float = 0.0

    @property
    def positions(self) -> int:
        """How many positions it takes: frames, and the failure of a video."""
        return len(self.frames) + (self.error is not None)


class FrameReader:
    """Deals files out in batches, which an interruption does not change.

    Args:
        items (Sequence[Item]): The files.
        batch_size (int): Frames of a chunk.
        load (Callable[[Item], Any]): Reads a still image, in a thread.
        prepare (Callable[[np.ndarray], Any]): Takes a frame of a video,
            (H, W) or (H, W, 3), in a thread.
    """

    def __init__(
        self,
        items: Sequence[Item],
        batch_size: int,
        load: Callable[[Item], Any],
        prepare: Callable[[np.ndarray], Any],
    ) -> None:
        self._items = items
        self._batch_size = batch_size
        self._load = load
        self._prepare = prepare

    def chunks(self, pool: ThreadPoolExecutor, done: int) -> Iterator[Chunk]:
        """Yield what comes after ``done`` positions."""
        chunk, position = Chunk(), 0
        for item in self._items:
            if item.is_video:
                # its frames share no batch with other files
                if chunk.frames:
                    yield chunk
                    chunk = Chunk()
                position = yield from self._video(pool, item, position, done)
                continue
            position += 1
            if position <= done:
                continue
            chunk.frames.append(Frame(item, position))
            chunk.prepared.append(pool.submit(self._load, item))
            if len(chunk.frames) == self._batch_size:
                yield chunk
                chunk = Chunk()
        if chunk.frames:
            yield chunk

    def _video(
        self, pool: ThreadPoolExecutor, item: Item, position: int, done: int
    ) -> Iterator[Chunk]:
        """Yield the frames of a video; return the position of the last."""
        chunk = Chunk()
        try:
            video = Video(item.path)
            chunk.fps = video.fps
            for number, (time, image) in enumerate(video.frames()):
                position += 1
                if position <= done:
                    continue
                if len(chunk.frames) == self._batch_size:
                    yield chunk
                    chunk = Chunk(fps=video.fps)
                chunk.frames.append(Frame(item, position, number, time))
                chunk.prepared.append(pool.submit(self._prepare, image))
        except VideoError as error:
            position += 1
            if position > done:
                chunk.error = str(error)
        chunk.ends_video = item
        if chunk.positions:
            yield chunk
        return position


def count_frames(items: Sequence[Item]) -> int:
    """Images and frames of files, as far as the headers of videos tell."""
    return sum(_count(item) if item.is_video else 1 for item in items)


def _count(item: Item) -> int:
    try:
        video = Video(item.path)
    except VideoError:
        return 1
    video.close()
    return video.num_frames

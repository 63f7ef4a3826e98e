"""Videos that OpenCV reads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from ..thermal import formats
from ..thermal.jpeg import read_size

VIDEO_SUFFIXES = (
    '.3gp',
    '.avi',
    '.m2ts',
    '.m4v',
    '.mjpeg',
    '.mkv',
    '.mov',
    '.mp4',
    '.mpeg',
    '.mpg',
    '.mts',
    '.webm',
    '.wmv',
)
"""File name endings (lower case) that are opened as videos."""


@contextmanager
def spelled(path: str) -> Iterator[str]:
    """A name of a video that OpenCV can open, to read or to write.

    A name that is no UTF-8 ends the process there: a link stands for it.

    Args:
        path (str): The file.
    """
    try:
        path.encode()
    except UnicodeEncodeError:
        with TemporaryDirectory() as folder:
            link = os.path.join(folder, f'video{os.path.splitext(path)[1]}')
            os.symlink(os.path.abspath(path), link)
            yield link
    else:
        yield path


def film_rate(fps: float) -> float:
    """The nearest rate that a film can have, in frames per second.

    OpenCV makes a fraction of it, and MPEG-4 has 16 bits for its numerator:
    66.667 would be 66667/1000.

    Args:
        fps (float): The rate that is wanted, below 1000.
    """
    return max(round(fps, 3 if fps < 65 else 2 if fps < 650 else 1), 0.002)


class VideoError(ValueError):
    """A video that cannot be opened, or ends before its header says so."""


class Video:
    """Frames of a video that OpenCV reads.

    Attributes:
        fps (float): Frames per second; 25 where the file does not say.
        num_frames (int): As its header says; 0 where it does not.

    Args:
        path (str): The file.

    Raises:
        VideoError: If OpenCV cannot open it, or its values are lost there.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        if not os.path.isfile(path):
            raise VideoError('there is no such file')
        self._check_start()
        with spelled(path) as name:
            self._capture = cv2.VideoCapture(name)
        if not self._capture.isOpened():
            raise VideoError('OpenCV cannot open the video')
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if 0 < fps < 1000 else 25.0
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.num_frames = int(max(count, 0))
        self._keep_depth()
        # others tell the time of the next frame, or none
        self._is_ffmpeg = self._capture.getBackendName() == 'FFMPEG'

    def _check_start(self) -> None:
        """Refuse a picture: FFmpeg would read it without its orientation.

        Raises:
            VideoError: If it is one, or cannot be opened.
        """
        pictures = formats.PNG, formats.BMP, *formats.TIFF
        if not self.path.lower().endswith('.mjpeg'):
            pictures += (formats.JPEG,)
        try:
            with open(self.path, 'rb') as file:
                start = file.read(8)
        except OSError as error:
            raise VideoError(str(error.strerror)) from None
        if start.startswith(pictures):
            raise VideoError(
                'it is a picture with the ending of a video: rename it'
            )

    def _keep_depth(self) -> None:
        """Have the values of a grey video as they are, not as 8 bits.

        Raises:
            VideoError: If OpenCV cannot give them.
        """
        code = int(self._capture.get(cv2.CAP_PROP_CODEC_PIXEL_FORMAT))
        code = (code & 0xFFFFFFFF).to_bytes(4, 'little')
        # FFmpeg's names of grey formats of more than 8 bits end, or of the
        # other order of bytes begin, with their number
        if code == b'Y1\0\x10':
            self._capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        elif code[:3] == b'Y1\0' or code[1:] == b'\x001Y':
            self.close()
            raise VideoError(
                'it is a grey video of more than 8 bits, of which only those '
                'of 16 (gray16le) are read: convert it, as ffmpeg does with '
                '-c:v ffv1 -pix_fmt gray16le'
            )

    def frames(self) -> Iterator[tuple[float, np.ndarray]]:
        """Yield times and frames.

        Times are in seconds from the start: those of the file, whose frames
        may come at other intervals than its header says. Frames are (H, W)
        or, in BGR, (H, W, 3), uint8; uint16 of a video of 16 bits, grey.

        Raises:
            VideoError: If it ends more than one frame early, or its frames
                change their size.
        """
        count, first = 0, None
        sizes = self._stored_sizes()
        while True:
            read, frame = self._capture.read()
            if not read:
                break
            size = next(sizes, None)
            first = first or size
            if size != first and size is not None:
                self.close()
                raise VideoError(
                    f'its frames change from {first[1]}x{first[0]} to '
                    f'{size[1]}x{size[0]} pixels after {count}, and OpenCV '
                    'reads those of the first size only: cut it there'
                )
            yield self._time(count), frame
            count += 1
        self.close()
        # containers may count one frame too many
        if count < self.num_frames - 1 or not count:
            raise VideoError(
                f'the video ends after {count} of {self.num_frames} frames'
            )

    def _stored_sizes(self) -> Iterator[tuple[int, int] | None]:
        """Heights and widths of frames as they are stored, of Motion JPEG.

        It may hold frames of any size. OpenCV gives all of them the size of
        the first, and in place of the others repeats an old one.
        """
        code = int(self._capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
        if not self._is_ffmpeg or code.to_bytes(4, 'little') != b'MJPG':
            return
        with spelled(self.path) as name:
            packets = cv2.VideoCapture(name)
        packets.set(cv2.CAP_PROP_FORMAT, -1)  # frames as they are stored
        read, packet = packets.read()
        while read:
            size = read_size(packet.tobytes())
            yield size and size[:2]
            read, packet = packets.read()

    def _time(self, number: int) -> float:
        """Time of the frame that was read last."""
        time = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return time if self._is_ffmpeg and time > 0 else number / self.fps

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

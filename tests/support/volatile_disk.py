#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# volatile_disk.py IMAGE DIRECTORY: a disk with a volatile write cache, as the file DIRECTORY/disk (FUSE) to put a
# loop device on. IMAGE holds what is durable: a block gets there when the disk is flushed. Looking for the file
# DIRECTORY/cut cuts the power at one of the next requests, DIRECTORY/cut-now at once: of what was written since the
# last flush some blocks are kept, in any order, some of them in part; from then on every call fails. IMAGE.cut tells
# what was kept. With VOLATILE_DISK_LIES=1 a flush is forgotten: a test that trusts such a disk has to notice.
import errno
import os
import random
import stat
import sys

import fusepy

BLOCK = 4096
SECTOR = 512
NAME = "/disk"


class VolatileDisk(fusepy.Operations):
    def __init__(self, image):
        self.image = os.open(image, os.O_RDWR)
        self.path = image
        self.size = os.fstat(self.image).st_size
        self.written = {}  # block number -> its contents since the last flush, oldest first
        self.off = False
        self.left = None  # requests until the cut
        self.lies = os.environ.get("VOLATILE_DISK_LIES") == "1"

    # what the power does -------------------------------------------------------------------------------------------
    def cut(self):
        if self.off:
            return
        self.off = True
        keep = random.choice((0.0, 0.3, 0.5, 0.9))
        kept = torn = 0
        for number, versions in self.written.items():
            if random.random() >= keep:
                continue
            kept += 1
            octets = random.choice(versions)
            if random.random() < 0.1:  # a sector is the unit that is never torn
                torn += 1
                sectors = [n for n in range(BLOCK // SECTOR) if random.random() < 0.5]
            else:
                sectors = range(BLOCK // SECTOR)
            for n in sectors:
                os.pwrite(self.image, octets[n * SECTOR : (n + 1) * SECTOR], number * BLOCK + n * SECTOR)
        os.fsync(self.image)
        with open(self.path + ".cut", "w") as out:
            out.write(f"{len(self.written)} blocks were not flushed, {kept} kept, {torn} of them torn\n")

    def flush_all(self):
        for number, versions in self.written.items():
            os.pwrite(self.image, versions[-1], number * BLOCK)
        self.written.clear()

    def block(self, number):
        versions = self.written.get(number)
        return versions[-1] if versions else os.pread(self.image, BLOCK, number * BLOCK).ljust(BLOCK, b"\0")

    # what the kernel asks ------------------------------------------------------------------------------------------
    def getattr(self, path, fh=None):
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        if path == "/cut":
            self.left = random.randrange(60)
        if path == "/cut-now":
            self.cut()
        if path != NAME:
            raise fusepy.FuseOSError(errno.ENOENT)
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": self.size, "st_blocks": self.size // 512}

    def readdir(self, path, fh):
        return [".", "..", NAME[1:]]

    def open(self, path, flags):
        return 3

    def read(self, path, size, offset, fh):
        self.must_be_on()
        size = max(0, min(size, self.size - offset))
        first, last = offset // BLOCK, (offset + size + BLOCK - 1) // BLOCK
        octets = b"".join(self.block(n) for n in range(first, last))
        return octets[offset - first * BLOCK :][:size]

    def write(self, path, data, offset, fh):
        self.must_be_on()
        at = offset
        while at < offset + len(data):
            number, start = divmod(at, BLOCK)
            piece = data[at - offset : at - offset + BLOCK - start]
            if len(piece) == BLOCK:
                octets = bytes(piece)
            else:
                before = self.block(number)
                octets = before[:start] + piece + before[start + len(piece) :]
            self.written.setdefault(number, []).append(octets)
            at += len(piece)
        return len(data)

    def fsync(self, path, datasync, fh):
        self.must_be_on()
        if not self.lies:
            self.flush_all()
        return 0

    def flush(self, path, fh):  # close(2): makes nothing durable
        return 0

    def must_be_on(self):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.cut()
        if self.off:
            raise fusepy.FuseOSError(errno.EIO)


def main():
    image, directory = sys.argv[1:]
    random.seed(os.environ.get("VOLATILE_DISK_SEED"))
    disk = VolatileDisk(image)
    fusepy.FUSE(disk, directory, foreground=True, nothreads=True, allow_other=True, big_writes=True)


if __name__ == "__main__":
    main()

"""Colours of the palettes that cameras and plotting programs use.

Each is a curve through the RGB cube. Those of FLIR are in the headers of
their radiometric JPEGs (record 0x22, YCbCr); ``iron`` beside them was
measured on frames of a hand-held camera that are there as counts too; the
others are Matplotlib's. A curve is the corners of a broken line, eight
digits each: place (0 to 255), red, green, blue. It differs from its source
by 3 levels at most.
"""

FLIR_CURVES = (
    (
        'iron',
        '00001f27080317491222106c1b3b0b84285b099932730aa13b850ea2479c169d'
        '54b0219067c9357283e35b3fa2f18a11b1f4a008bef5b30bccf3c51ad8f0d335'
        'dfefda4aeee9e688f6e4ecb4ffe1efec',
    ),
    (
        'rainbow',
        '00111350071013540b0f155b0e0f1c62120f2c71181038821e0f3e8c21104497'
        '260e4ca02e0f55b5320e5ec13c0e69ce420e73d14a1180c74e1385b851168ba3'
        '56198f92581c91855e359c5a6149a441696cb1237499bf1081c7c90e8ad8c612'
        '8fdbc4139ee9af1aaaec9322afed8128b3ed692fc1eb2b42cee82451d7e84062'
        'dde95d6be1ea6972eaec8c85f3ecb7a0f9eccab0ffecd5bf',
    ),
    (
        'rainbow_hc',
        '001210121cc70ec61fd40ed621cb0fd53b21109c3e1213985c0cd0d35f0dccc7'
        '790f5f1f7c1459109bcbd0079dd2d3079ed1cf07bc7e1b0ebf7d1111decb3a3a'
        'ffe9e3e2',
    ),
)
"""(name, corners), in the range of video, 16 to 235; some programs and
cameras show them stretched to 0 to 255."""

CURVES = (
    (
        'iron',
        '0000000002000006060000340900004b1109016f171b0080213f00943174009d'
        '42a800984cbc049056c8118362d7285f6ee3421b78eb550687f2710099f99400'
        'a1fca800b3fdcd02bcfedb12c3fde328cdfdf066dafcf6a2e4fef8b9fbfbfcd6'
        'fdfcfcddfffefef3',
    ),
    (
        'blues',
        '00f7fbff40c6dbef609dcae1806aaed69f4292c6bf2171b5df08519cff08306b',
    ),
    (
        'bugn',
        '00f7fcfd20e5f5f940ccece66098d8c97f67c2a59f41ae77bf238b45df006d2c'
        'ff00441b',
    ),
    ('bupu', '00f7fcfd20e0ecf4609ebcda808c95c6bf88419ddf810f7cff4d004b'),
    ('gnbu', '00f7fcf040ccebc55fa9ddb5807accc4a04db2d3df0868acff084081'),
    (
        'greens',
        '00f7fcf520e5f5e040c7e9c060a0d99b8073c4769f42ab5ddf006d2cff00441b',
    ),
    (
        'orrd',
        '00fff7ec40fdd49e5ffdbb857ffc8e5a9fef6548bfd7301fdfb30000ff7f0000',
    ),
    (
        'oranges',
        '00fff5eb20fee6ce40fdd0a260fdae6a7ffd8e3d9ff16913bfd94801dfa63603'
        'ff7f2704',
    ),
    (
        'pubu',
        '00fff7fb20ece7f240d0d1e660a5bddb7f75a9cf9f3790c0bf0570b0df045a8d'
        'ff023858',
    ),
    (
        'pubugn',
        '00fff7fb20ece2f040d0d1e660a5bddb8066a9cf9f3790c0bf02818adf016c59'
        'ff014636',
    ),
    (
        'purd',
        '00f7f4f920e7e1ef40d4b9da5fc995c780df64afa0e72989bfce1256df980043'
        'ff67001f',
    ),
    ('purples', '00fcfbfd20efedf53fdadaeb60bcbddc9f807dbaff3f007d'),
    (
        'rdpu',
        '00fff7f320fde0dd40fcc5c060fa9eb580f767a19fdd3597bfae017eff49006a',
    ),
    (
        'reds',
        '00fff5f020fee0d23ffcbca260fc92727ffb6b4b9fef3c2cbfcb181ddfa50f15'
        'ff67000d',
    ),
    (
        'ylgn',
        '00ffffe520f7fcb940d9f0a360acdd8e7f79c6799f42ab5dbf238443df006837'
        'ff004529',
    ),
    (
        'ylgnbu',
        '00ffffd920edf8b140c6e9b4607ecdbb7f42b6c49f1d91c0bf225ea8df253494'
        'ff081d58',
    ),
    (
        'ylorbr',
        '00ffffe520fff7bc40fee39060fec34f7ffe9a2a9fec7014bfcc4c02df993404'
        'ff662506',
    ),
    (
        'ylorrd',
        '00ffffcc40fed97660feb24c80fd8c3c9ffc4f2ac0e2191cdfbd0026ff800026',
    ),
    ('wistia', '00e4ff7a40ffe81a80ffbd00fffc7f00'),
    ('afmhot', '00000000408000007ffe7e00bffffe7fffffffff'),
    ('gist_heat', '000000007fbe0000aaff5500bfff7f00ffffffff'),
    ('copper', '00000000cefea166ffffc77f'),
    ('ocean', '0000800055000055aa0080aaffffffff'),
    (
        'gnuplot',
        '00000000011000060217000d09300038184e008e246001c62b6901de327102f1'
        '397903fb408004ff478706fb4e8d07ef559309dd5c990cc46aa4128180b52000'
        'a3cc4300c3df7200e2f0b200ffffff00',
    ),
    ('gnuplot2', '00000000400100ff6b8700ff91fe4cb3eafffe01ebffff05ffffffff'),
    (
        'cmrmap',
        '0000000020262680404d26bf609a337e80ff41269fe67f00bfe6bf19dfe6e57f'
        'ffffffff',
    ),
    (
        'cubehelix',
        '000000000b10071316191129251a25433116394d4216574b51256b3d5a357435'
        '644e792f737b7a3583a979518dbf796d96cd7d89a5d589b8afd297d2b9cba8e5'
        'c8c2c3f2dac6e0f1efe2f6f0ffffffff',
    ),
    ('brg', '000000ff7ffe0001ff00ff00'),
    (
        'gist_rainbow',
        '00ff002908ff020037feff006600ff009500fffdc40002fff3fe00ffffff00bf',
    ),
    (
        'rainbow',
        '008000ff253670f84000b5eb5020d5e16040ecd47060fac57f7effb58e9cfba4'
        '9ebced8faedcd67abffeb562daff703affff0000',
    ),
    (
        'nipy_spectral',
        '000000000d770088198700981a83009a260300aa330000dd400078dd4c0098dd'
        '5900aaab6600aa8873009a009900ff00a6bcff00b3efed00bfffcd00ccff9900'
        'd9fe0000e5de0000f2cc0000f3cc0c0cffcccccc',
    ),
    (
        'gist_ncar',
        '000000800d005f061b0000ee1c000eff2800b8ff2a00c6ff3400f2ff3700ffeb'
        '4300fa9d4f00fe1f5213fb005e60ce005f66d1006a7cf5006d84ff0c79bbff3c'
        '85f1ff0c88fff80094ffda00a1ffba0eafff4701bcff0a00beff0023caff00f8'
        'ccf107ffd89f33fee5eb80eefffef8fe',
    ),
    (
        'coolwarm',
        '003b4cc0206282ea30779af7408db0fe50a3c2fe60b9d0f980dddcdc9ff4c5ad'
        'bff49a7bd7e57058efcb3e38f7c0282fffb40426',
    ),
    ('bwr', '000000ff7ffefeffffff0000'),
    ('seismic', '0000004c400101ff7ffdfdff80fffdfdbfff0101ff800000'),
    (
        'jet',
        '000000801c0000ff200000ff5600d8ff5900e4f86016ffe1a3eeff09a6f8f500'
        'a9ffea00e3ff1300e8e80000ff800000',
    ),
    (
        'pink',
        '001e000004321a1a084025251866404035935f5f5dc27e7e86d3b397bee8e8b4'
        'dbf3f3d8ffffffff',
    ),
)
"""(name, corners); the same name may stand for several curves."""

OPENCV_NAMES = (
    'autumn',
    'bone',
    'jet',
    'winter',
    'rainbow',
    'ocean',
    'summer',
    'spring',
    'cool',
    'hsv',
    'pink',
    'hot',
    'parula',
    'magma',
    'inferno',
    'plasma',
    'viridis',
    'cividis',
    'twilight',
    'twilight_shifted',
    'turbo',
    'deepgreen',
)
"""Names of OpenCV's colour maps, in the order of its constants."""

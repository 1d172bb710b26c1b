package forms

// ctl are constants for opcodes that use all eight bits; count for shifts.
var (
	ctl   = []int{0x1b, 0xe4, 0x9c, 0xff, 0x00}
	count = []int{3, 0, 7, 8, 15, 16, 31, 32, 63, 64, 255}
	part  = []int{1, 0, 2, 3}
)

// each returns the opcodes with one shape.
func each(shape vectorOp, names ...string) []vectorOp {
	var out []vectorOp
	for _, n := range names {
		shape.name = n
		out = append(out, shape)
	}
	return out
}

var vectorTable = concat(
	// Integer arithmetic.
	each(vectorOp{srcs: 2, vex: "xy", evex: "BW", is: "m"},
		"VPADDB", "VPADDW", "VPSUBB", "VPSUBW", "VPADDSB", "VPADDSW", "VPADDUSB", "VPADDUSW", "VPSUBSB", "VPSUBSW",
		"VPSUBUSB", "VPSUBUSW", "VPMULLW", "VPMULHW", "VPMULHUW", "VPMULHRSW", "VPAVGB", "VPAVGW",
		"VPMAXUB", "VPMAXUW", "VPMAXSB", "VPMAXSW", "VPMINUB", "VPMINUW", "VPMINSB", "VPMINSW",
		"VPMADDUBSW", "VPMADDWD", "VPSHUFB", "VPUNPCKLBW", "VPUNPCKHBW", "VPUNPCKLWD", "VPUNPCKHWD",
		"VPACKSSWB", "VPACKUSWB", "VPACKSSDW", "VPACKUSDW"),
	each(vectorOp{srcs: 2, vex: "xy", evex: "F", is: "mc"},
		"VPADDD", "VPADDQ", "VPSUBD", "VPSUBQ", "VPMULLD", "VPMULUDQ", "VPMULDQ", "VPMAXUD", "VPMAXSD", "VPMINUD", "VPMINSD",
		"VPUNPCKLDQ", "VPUNPCKHDQ", "VPUNPCKLQDQ", "VPUNPCKHQDQ", "VUNPCKLPS", "VUNPCKHPS", "VUNPCKLPD", "VUNPCKHPD"),
	each(vectorOp{srcs: 2, evex: "F", is: "mc"}, "VPMAXUQ", "VPMAXSQ", "VPMINUQ", "VPMINSQ",
		"VPANDD", "VPANDQ", "VPANDND", "VPANDNQ", "VPORD", "VPORQ", "VPXORD", "VPXORQ",
		"VPBLENDMD", "VPBLENDMQ", "VBLENDMPS"),
	each(vectorOp{srcs: 2, evex: "DQ", is: "mc"}, "VPMULLQ"),
	each(vectorOp{srcs: 2, vex: "xy"}, "VPAND", "VPANDN", "VPOR", "VPXOR", "VPSIGNB", "VPSIGNW", "VPSIGND",
		"VPCMPEQB", "VPCMPEQW", "VPCMPEQD", "VPCMPEQQ", "VPCMPGTB", "VPCMPGTW", "VPCMPGTD", "VPCMPGTQ"),
	each(vectorOp{srcs: 2, vex: "xy", evex: "DQ", is: "mc"}, "VANDPS", "VANDPD", "VANDNPS", "VANDNPD", "VORPS", "VORPD", "VXORPS", "VXORPD"),
	each(vectorOp{srcs: 2, vex: "xy", evex: "BW"}, "VPSADBW"),
	each(vectorOp{srcs: 1, vex: "xy", evex: "BW", is: "m"}, "VPABSB", "VPABSW"),
	each(vectorOp{srcs: 1, vex: "xy", evex: "F", is: "mc"}, "VPABSD"),
	each(vectorOp{srcs: 1, evex: "F", is: "mc"}, "VPABSQ"),
	each(vectorOp{srcs: 2, evex: "VNNI", is: "mc"}, "VPDPBUSD", "VPDPBUSDS", "VPDPWSSD"),
	each(vectorOp{srcs: 2, evex: "BW", is: "m"}, "VPBLENDMB", "VPBLENDMW"),
	each(vectorOp{srcs: 3, vex: "xy"}, "VPBLENDVB", "VBLENDVPS"),
	each(vectorOp{srcs: 2, imms: []int{0x96, 0x00, 0xff, 0xca, 0x1b, 0xe8, 0x55}, evex: "F", is: "mc"}, "VPTERNLOGD", "VPTERNLOGQ"),
	// Shifts.
	each(vectorOp{srcs: 1, imms: count, vex: "xy", is: "r"}, "VPSLLW", "VPSRLW", "VPSRAW", "VPSLLD", "VPSRLD", "VPSRAD", "VPSLLQ", "VPSRLQ"),
	each(vectorOp{srcs: 1, imms: []int{5, 0, 15, 16, 255}, vex: "xy", is: "r"}, "VPSLLDQ", "VPSRLDQ"),
	each(vectorOp{srcs: 1, imms: []int{5, 0, 15, 16, 255}, evex: "BW"}, "VPSLLDQ", "VPSRLDQ"),
	suffixed("imm", each(vectorOp{srcs: 1, imms: count, evex: "BW", is: "m"}, "VPSLLW", "VPSRLW", "VPSRAW")),
	suffixed("imm", each(vectorOp{srcs: 1, imms: count, evex: "F", is: "mc"}, "VPSLLD", "VPSRLD", "VPSRAD", "VPSLLQ", "VPSRLQ", "VPSRAQ")),
	suffixed("one", each(vectorOp{srcs: 2, b: 16, vex: "xy", evex: "BW", is: "m"}, "VPSLLW", "VPSRLW", "VPSRAW")),
	suffixed("one", each(vectorOp{srcs: 2, b: 16, vex: "xy", evex: "F", is: "m"}, "VPSLLD", "VPSRLD", "VPSRAD", "VPSLLQ", "VPSRLQ")),
	suffixed("one", each(vectorOp{srcs: 2, b: 16, evex: "F", is: "m"}, "VPSRAQ")),
	each(vectorOp{srcs: 2, vex: "xy", evex: "F", is: "mc"}, "VPSLLVD", "VPSRLVD", "VPSRAVD", "VPSLLVQ", "VPSRLVQ"),
	each(vectorOp{srcs: 2, evex: "F", is: "mc"}, "VPSRAVQ"),
	each(vectorOp{srcs: 2, evex: "BW", is: "m"}, "VPSLLVW", "VPSRLVW", "VPSRAVW"),
	// Shuffles in blocks.
	each(vectorOp{srcs: 1, imms: ctl, vex: "xy", evex: "F", is: "mc"}, "VPSHUFD"),
	each(vectorOp{srcs: 1, imms: ctl, vex: "xy", evex: "F", is: "mc"}, "VPERMILPS"),
	each(vectorOp{srcs: 1, imms: ctl, vex: "xy", evex: "BW", is: "m"}, "VPSHUFLW", "VPSHUFHW"),
	each(vectorOp{srcs: 2, imms: ctl, vex: "xy", evex: "F", is: "mc"}, "VSHUFPS"),
	each(vectorOp{srcs: 2, imms: []int{5, 0, 15, 16, 17, 31, 32, 255}, vex: "xy", evex: "BW", is: "m"}, "VPALIGNR"),
	each(vectorOp{srcs: 2, imms: ctl, vex: "xy"}, "VPBLENDD", "VBLENDPS", "VPBLENDW"),
	each(vectorOp{srcs: 1, vex: "xy", evex: "F", is: "m"}, "VMOVSHDUP", "VMOVSLDUP"),
	// Across blocks.
	each(vectorOp{srcs: 1, imms: ctl, vex: "y", evex: "F", zw: "yz", is: "mc"}, "VPERMQ", "VPERMPD"),
	each(vectorOp{srcs: 2, imms: []int{0x20, 0x31, 0x02, 0x13, 0x08, 0x83}, vex: "y"}, "VPERM2I128", "VPERM2F128"),
	each(vectorOp{srcs: 2, vex: "y", evex: "F", zw: "yz", is: "mc"}, "VPERMD", "VPERMPS"),
	suffixed("var", each(vectorOp{srcs: 2, evex: "F", zw: "yz", is: "mc"}, "VPERMQ")),
	each(vectorOp{srcs: 2, evex: "BW", is: "m"}, "VPERMW", "VPERMI2W", "VPERMT2W"),
	each(vectorOp{srcs: 2, evex: "VBMI", is: "m"}, "VPERMB", "VPERMI2B", "VPERMT2B"),
	each(vectorOp{srcs: 2, evex: "F", is: "mc"}, "VPERMI2D", "VPERMI2Q", "VPERMT2D", "VPERMT2Q", "VPERMI2PS", "VPERMT2PS"),
	each(vectorOp{srcs: 2, imms: []int{1, 0, 3, 15, 255}, evex: "F", is: "mc"}, "VALIGND", "VALIGNQ"),
	each(vectorOp{srcs: 2, imms: part, b: 16, vex: "y"}, "VINSERTI128", "VINSERTF128"),
	each(vectorOp{srcs: 1, imms: part, d: 16, vex: "y", is: "rs"}, "VEXTRACTI128", "VEXTRACTF128"),
	each(vectorOp{srcs: 2, imms: part, b: 16, evex: "F", zw: "yz", is: "m"}, "VINSERTI32X4", "VINSERTF32X4"),
	each(vectorOp{srcs: 2, imms: part, b: 16, evex: "DQ", zw: "yz", is: "m"}, "VINSERTI64X2", "VINSERTF64X2"),
	each(vectorOp{srcs: 2, imms: part, b: 32, evex: "F", zw: "z", is: "m"}, "VINSERTI64X4", "VINSERTF64X4"),
	each(vectorOp{srcs: 2, imms: part, b: 32, evex: "DQ", zw: "z", is: "m"}, "VINSERTI32X8", "VINSERTF32X8"),
	each(vectorOp{srcs: 1, imms: part, d: 16, evex: "F", zw: "yz", is: "mrs"}, "VEXTRACTI32X4", "VEXTRACTF32X4"),
	each(vectorOp{srcs: 1, imms: part, d: 16, evex: "DQ", zw: "yz", is: "mrs"}, "VEXTRACTI64X2", "VEXTRACTF64X2"),
	each(vectorOp{srcs: 1, imms: part, d: 32, evex: "F", zw: "z", is: "mrs"}, "VEXTRACTI64X4", "VEXTRACTF64X4"),
	each(vectorOp{srcs: 1, imms: part, d: 32, evex: "DQ", zw: "z", is: "mrs"}, "VEXTRACTI32X8", "VEXTRACTF32X8"),
	each(vectorOp{srcs: 2, imms: ctl, evex: "F", zw: "yz", is: "mc"}, "VSHUFI32X4", "VSHUFF32X4", "VSHUFI64X2", "VSHUFF64X2"),
	each(vectorOp{srcs: 1, b: 1, vex: "xy", evex: "BW", is: "m"}, "VPBROADCASTB"),
	each(vectorOp{srcs: 1, b: 2, vex: "xy", evex: "BW", is: "m"}, "VPBROADCASTW"),
	each(vectorOp{srcs: 1, b: 4, vex: "xy", evex: "F", is: "m"}, "VPBROADCASTD", "VBROADCASTSS"),
	each(vectorOp{srcs: 1, b: 8, vex: "xy", evex: "F", is: "m"}, "VPBROADCASTQ"),
	each(vectorOp{srcs: 1, b: 8, vex: "y", evex: "F", zw: "yz", is: "m"}, "VBROADCASTSD"),
	each(vectorOp{srcs: 1, b: 16, vex: "y", is: "o"}, "VBROADCASTI128", "VBROADCASTF128"),
	each(vectorOp{srcs: 1, b: 16, evex: "F", zw: "yz", is: "mo"}, "VBROADCASTI32X4", "VBROADCASTF32X4"),
	each(vectorOp{srcs: 1, b: 16, evex: "DQ", zw: "yz", is: "mo"}, "VBROADCASTI64X2", "VBROADCASTF64X2"),
	each(vectorOp{srcs: 1, b: 32, evex: "F", zw: "z", is: "mo"}, "VBROADCASTI64X4", "VBROADCASTF64X4"),
	each(vectorOp{srcs: 1, b: 32, evex: "DQ", zw: "z", is: "mo"}, "VBROADCASTI32X8", "VBROADCASTF32X8"),
	// Conversions.
	each(vectorOp{srcs: 1, b: -2, vex: "xy", evex: "BW", is: "m"}, "VPMOVSXBW", "VPMOVZXBW"),
	each(vectorOp{srcs: 1, b: -2, vex: "xy", evex: "F", is: "m"}, "VPMOVSXWD", "VPMOVZXWD", "VPMOVSXDQ", "VPMOVZXDQ"),
	each(vectorOp{srcs: 1, b: -4, vex: "xy", evex: "F", is: "m"}, "VPMOVSXBD", "VPMOVZXBD", "VPMOVSXWQ", "VPMOVZXWQ"),
	each(vectorOp{srcs: 1, b: -8, vex: "xy", evex: "F", is: "m"}, "VPMOVSXBQ", "VPMOVZXBQ"),
	each(vectorOp{srcs: 1, d: -2, evex: "BW", is: "mrs"}, "VPMOVWB", "VPMOVSWB", "VPMOVUSWB"),
	each(vectorOp{srcs: 1, d: -2, evex: "F", is: "mrs"}, "VPMOVDW", "VPMOVSDW", "VPMOVUSDW", "VPMOVQD", "VPMOVSQD", "VPMOVUSQD"),
	each(vectorOp{srcs: 1, d: -4, evex: "F", is: "mrs"}, "VPMOVDB", "VPMOVSDB", "VPMOVUSDB", "VPMOVQW", "VPMOVSQW", "VPMOVUSQW"),
	each(vectorOp{srcs: 1, d: -8, evex: "F", is: "mrs"}, "VPMOVQB", "VPMOVSQB", "VPMOVUSQB"),
	each(vectorOp{srcs: 1, vex: "xy", evex: "F", is: "mc"}, "VCVTDQ2PS", "VCVTPS2DQ", "VCVTTPS2DQ", "VSQRTPS"),
	// Moves.
	each(vectorOp{srcs: 1, vex: "xy", is: "s"}, "VMOVDQU", "VMOVDQA"),
	each(vectorOp{srcs: 1, vex: "xy", evex: "F", is: "ms"}, "VMOVUPS", "VMOVAPS", "VMOVUPD", "VMOVAPD"),
	each(vectorOp{srcs: 1, evex: "F", is: "ms"}, "VMOVDQU32", "VMOVDQU64", "VMOVDQA32", "VMOVDQA64"),
	each(vectorOp{srcs: 1, evex: "BW", is: "ms"}, "VMOVDQU8", "VMOVDQU16"),
	each(vectorOp{srcs: 1, vex: "xy", is: "o"}, "VLDDQU"),
	each(vectorOp{srcs: 1, vex: "xy", evex: "F", is: "o"}, "VMOVNTDQA"),
	// Floats.
	each(vectorOp{srcs: 2, vex: "xy", evex: "F", is: "mc"}, "VADDPS", "VSUBPS", "VMULPS", "VDIVPS", "VMAXPS", "VMINPS"),
	each(vectorOp{srcs: 2, b: 4, vex: "x"}, "VADDSS", "VSUBSS", "VMULSS", "VDIVSS", "VMAXSS", "VMINSS"),
	each(vectorOp{srcs: 2, vex: "xy", evex: "F", is: "mc"},
		"VFMADD132PS", "VFMADD213PS", "VFMADD231PS", "VFMSUB132PS", "VFMSUB213PS", "VFMSUB231PS",
		"VFNMADD132PS", "VFNMADD213PS", "VFNMADD231PS", "VFNMSUB132PS", "VFNMSUB213PS", "VFNMSUB231PS"),
	each(vectorOp{srcs: 2, b: 4, vex: "x"},
		"VFMADD132SS", "VFMADD213SS", "VFMADD231SS", "VFMSUB132SS", "VFMSUB213SS", "VFMSUB231SS",
		"VFNMADD132SS", "VFNMADD213SS", "VFNMADD231SS", "VFNMSUB132SS", "VFNMSUB213SS", "VFNMSUB231SS"),
	each(vectorOp{srcs: 1, imms: []int{0, 1, 2, 3, 4, 8}, vex: "xy"}, "VROUNDPS"),
	each(vectorOp{srcs: 1, imms: []int{0, 1, 2, 3, 4, 0x20, 0xf1}, evex: "F", is: "mc"}, "VRNDSCALEPS"),
	each(vectorOp{srcs: 2, imms: seq(32), vex: "xy"}, "VCMPPS"),
	// Masks as results.
	suffixed("k", each(vectorOp{srcs: 2, imms: seq(32), evex: "F", zw: "z", is: "mck"}, "VCMPPS")),
	each(vectorOp{srcs: 2, imms: seq(8), evex: "BW", is: "mk"}, "VPCMPB", "VPCMPW", "VPCMPUB", "VPCMPUW"),
	each(vectorOp{srcs: 2, imms: seq(8), evex: "F", is: "mck"}, "VPCMPD", "VPCMPQ", "VPCMPUD", "VPCMPUQ"),
	suffixed("k", each(vectorOp{srcs: 2, evex: "BW", is: "mk"}, "VPCMPEQB", "VPCMPEQW", "VPCMPGTB", "VPCMPGTW")),
	suffixed("k", each(vectorOp{srcs: 2, evex: "F", is: "mck"}, "VPCMPEQD", "VPCMPEQQ", "VPCMPGTD", "VPCMPGTQ")),
	each(vectorOp{srcs: 2, evex: "BW", is: "mk"}, "VPTESTMB", "VPTESTMW", "VPTESTNMB", "VPTESTNMW"),
	each(vectorOp{srcs: 2, evex: "F", is: "mck"}, "VPTESTMD", "VPTESTMQ", "VPTESTNMD", "VPTESTNMQ"),
	each(vectorOp{srcs: 1, evex: "BW", is: "kr"}, "VPMOVB2M", "VPMOVW2M"),
	each(vectorOp{srcs: 1, evex: "DQ", is: "kr"}, "VPMOVD2M", "VPMOVQ2M"),
)

func concat(parts ...[]vectorOp) []vectorOp {
	var all []vectorOp
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// suffixed makes the functions' names unique where an opcode has several shapes.
func suffixed(s string, ops []vectorOp) []vectorOp {
	for i := range ops {
		ops[i].variant = "_" + s
	}
	return ops
}

func seq(n int) []int {
	var s []int
	for i := range n {
		s = append(s, i)
	}
	return s
}

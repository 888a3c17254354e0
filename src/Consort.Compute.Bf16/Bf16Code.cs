using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;

namespace Consort.Compute.Bf16;

/// <summary>The machine code of the bf16 multiply, assembled when first asked for; .NET has no intrinsics for it.</summary>
internal static unsafe class Bf16Code
{
    private const int Bf16Bit = 5; // of EAX, leaf 7, subleaf 1

    /// <summary>Why there is none here, or null.</summary>
    public static string? Missing { get; } = Assemble();

    /// <summary>Tiles of 14 x 32, 14 x 16, 8 x 32, 8 x 16 (GemmTile*).</summary>
    public static nint Tile14X32 { get; private set; }

    public static nint Tile14X16 { get; private set; }

    public static nint Tile8X32 { get; private set; }

    public static nint Tile8X16 { get; private set; }

    /// <summary>See <see cref="ConversionCode.WriteRow"/>.</summary>
    public static nint Row { get; private set; }

    /// <summary>See <see cref="ConversionCode.WriteTwoRows"/>.</summary>
    public static nint TwoRows { get; private set; }

    /// <summary>Dot products that never leave registers, to measure the peak: (nint steps).</summary>
    public static nint Chains { get; private set; }

    private static string? Assemble()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return $"the processor is {RuntimeInformation.ProcessArchitecture}, not x64";
        if (!Avx512F.IsSupported || !Avx512BW.IsSupported || !Bmi2.IsSupported)
            return "the processor has no AVX-512, or it is switched off";
        if (!HasBf16()) return "the processor has no AVX512-BF16";
        var convention = CallConvention.Own;
        var code = new Assembler(64);
        Label[] entries =
        [
            Write(code, c => TileCode.Write(c, convention, rows: 14, vectors: 2)),
            Write(code, c => TileCode.Write(c, convention, rows: 14, vectors: 1)),
            Write(code, c => TileCode.Write(c, convention, rows: 8, vectors: 2)),
            Write(code, c => TileCode.Write(c, convention, rows: 8, vectors: 1)),
            Write(code, c => ConversionCode.WriteRow(c, convention)),
            Write(code, c => ConversionCode.WriteTwoRows(c, convention)),
            Write(code, c => ChainCode.Write(c, convention)),
        ];
        var bytes = new MemoryStream();
        var assembled = code.Assemble(new StreamCodeWriter(bytes), rip: 0, BlockEncoderOptions.ReturnNewInstructionOffsets);
        var start = (nint)ExecutableMemory.Place(bytes.ToArray());
        if (start == 0) return "the system refuses executable memory";
        nint[] addresses = [.. entries.Select(e => start + (nint)assembled.GetLabelRIP(e))];
        (Tile14X32, Tile14X16, Tile8X32, Tile8X16) = (addresses[0], addresses[1], addresses[2], addresses[3]);
        (Row, TwoRows, Chains) = (addresses[4], addresses[5], addresses[6]);
        return null;
    }

    private static Label Write(Assembler code, Action<Assembler> write)
    {
        var entry = code.CreateLabel();
        code.Label(ref entry);
        write(code);
        return entry;
    }

    private static bool HasBf16() =>
        X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && X86Base.CpuId(7, 0).Eax >= 1
        && (X86Base.CpuId(7, 1).Eax >> Bf16Bit & 1) != 0;
}

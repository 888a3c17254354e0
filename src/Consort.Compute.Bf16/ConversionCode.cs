using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Consort.Compute.Bf16;

/// <summary>
/// Writes the machine code that rounds floats to pairs of bf16, to nearest and ties to even; NaN stays NaN, an infinity an infinity, and a
/// denormal number becomes zero. The vectors at the end are masked, so nothing beyond is touched.
/// </summary>
internal static class ConversionCode
{
    private const int Lanes = 16, LineBytes = 64;

    /// <summary>
    /// (float* from, uint* to, nint count): neighbours in a row become pairs, to[i] = (from[2i], from[2i + 1]); the last pair of an odd
    /// number ends in zero.
    /// </summary>
    public static void WriteRow(Assembler code, CallConvention convention)
    {
        AssemblerRegister64 from = r8, to = r9, count = r10;
        convention.Enter(code);
        Take(code, (rax, convention.FirstArgument), (rbx, convention.SecondArgument), (r11, convention.ThirdArgument));
        Take(code, (from, rax), (to, rbx), (count, r11));
        Label step = code.CreateLabel(), tail = code.CreateLabel(), end = code.CreateLabel();
        code.sub(count, 2 * Lanes);
        code.jl(tail);
        code.Label(ref step);
        code.vmovups(zmm0, __zmmword_ptr[from]);
        code.vcvtne2ps2bf16(zmm0, ReadHigh(), zmm0);
        code.vmovdqu32(__zmmword_ptr[to], zmm0);
        code.add(from, 2 * LineBytes);
        code.add(to, LineBytes);
        code.sub(count, 2 * Lanes);
        code.jge(step);

        code.Label(ref tail);
        code.add(count, 2 * Lanes);
        code.je(end);
        code.mov(eax, -1);
        code.bzhi(ecx, eax, r10d);
        code.kmovd(k1, ecx);
        code.shr(ecx, Lanes);
        code.kmovd(k2, ecx);
        code.inc(r10d);
        code.and(r10d, ~1);
        code.bzhi(ecx, eax, r10d);
        code.kmovd(k3, ecx);
        code.vmovups(zmm0.k1.z, __zmmword_ptr[from]);
        code.vmovups(zmm1.k2.z, __zmmword_ptr[from + LineBytes]);
        code.vcvtne2ps2bf16(zmm0, zmm1, zmm0);
        code.vmovdqu16(__zmmword_ptr[to].k3, zmm0);
        code.Label(ref end);
        convention.Leave(code);

        AssemblerRegisterZMM ReadHigh()
        {
            code.vmovups(zmm1, __zmmword_ptr[from + LineBytes]);
            return zmm1;
        }
    }

    /// <summary>(float* first, float* second, uint* to, nint count): two rows become one of pairs, to[i] = (first[i], second[i]).</summary>
    public static void WriteTwoRows(Assembler code, CallConvention convention)
    {
        AssemblerRegister64 first = r8, second = rbx, to = r9, count = r10;
        convention.Enter(code);
        Take(code, (rax, convention.FirstArgument), (rbx, convention.SecondArgument), (r10, convention.ThirdArgument),
            (r11, convention.FourthArgument));
        Take(code, (first, rax), (to, r10), (count, r11));
        Label order = code.CreateLabel(), step = code.CreateLabel(), tail = code.CreateLabel(), end = code.CreateLabel();
        code.vmovdqu32(zmm2, __zmmword_ptr[order]);
        code.sub(count, Lanes);
        code.jl(tail);
        code.Label(ref step);
        code.vmovups(zmm0, __zmmword_ptr[first]);
        code.vmovups(zmm1, __zmmword_ptr[second]);
        code.vcvtne2ps2bf16(zmm0, zmm1, zmm0);
        code.vpermw(zmm0, zmm2, zmm0);
        code.vmovdqu32(__zmmword_ptr[to], zmm0);
        code.add(first, LineBytes);
        code.add(second, LineBytes);
        code.add(to, LineBytes);
        code.sub(count, Lanes);
        code.jge(step);

        code.Label(ref tail);
        code.add(count, Lanes);
        code.je(end);
        code.mov(eax, -1);
        code.bzhi(ecx, eax, r10d);
        code.kmovd(k1, ecx);
        code.vmovups(zmm0.k1.z, __zmmword_ptr[first]);
        code.vmovups(zmm1.k1.z, __zmmword_ptr[second]);
        code.vcvtne2ps2bf16(zmm0, zmm1, zmm0);
        code.vpermw(zmm0, zmm2, zmm0);
        code.vmovdqu32(__zmmword_ptr[to].k1, zmm0);
        code.Label(ref end);
        convention.Leave(code);
        code.Label(ref order); // of words: the first of both rows, the second of both, …
        for (ushort i = 0; i < Lanes; i++) code.dw(i, (ushort)(i + Lanes));
    }

    private static void Take(Assembler code, params ReadOnlySpan<(AssemblerRegister64 To, AssemblerRegister64 From)> moves)
    {
        foreach ((var to, var from) in moves)
            if (to != from) code.mov(to, from);
    }
}

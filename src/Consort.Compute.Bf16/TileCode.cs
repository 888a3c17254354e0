using Consort.Compute.Cpu.MatrixMultiply;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Consort.Compute.Bf16;

/// <summary>
/// Writes the machine code of one tile: the loop of <see cref="Tiles{TVectors, TVector, TRows, TWidth}"/> with <c>vdpbf16ps</c>, which
/// multiplies two pairs of bf16 and adds both products to a float, in place of the multiply-add. An "element" of A and B is a pair of
/// neighbours along the depth.
/// </summary>
/// <remarks>The code takes the address of a <see cref="GemmTile"/>.</remarks>
internal static unsafe class TileCode
{
    private const int LineBytes = 64;
    private const byte LessThan = 0x11; // ordered, quiet: false for NaN

    // The sums take registers 0 to 27; the loop and what follows it use the rest differently.
    private static readonly AssemblerRegisterZMM X = zmm30, Floor = zmm28, Zero = zmm29;
    private static readonly AssemblerRegisterZMM[] B = [zmm28, zmm29];

    private static readonly AssemblerRegisterZMM[] Sums =
    [
        zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm6, zmm7, zmm8, zmm9, zmm10, zmm11, zmm12, zmm13,
        zmm14, zmm15, zmm16, zmm17, zmm18, zmm19, zmm20, zmm21, zmm22, zmm23, zmm24, zmm25, zmm26, zmm27,
    ];

    private static readonly AssemblerRegister64 Tile = rbx;

    /// <summary>Writes the code for a tile of so many rows and vectors of columns.</summary>
    public static void Write(Assembler code, CallConvention convention, int rows, int vectors)
    {
        convention.Enter(code);
        code.mov(Tile, convention.FirstArgument);
        Multiply(code, rows, vectors);
        Finish(code, rows, vectors);
        convention.Leave(code);
    }

    private static void Multiply(Assembler code, int rows, int vectors)
    {
        AssemblerRegister64 depth = rax, b = r9, ahead = r10, aheadStep = r11, stepA = r12, stepB = r13;
        Label step = code.CreateLabel(), end = code.CreateLabel();
        code.mov(stepA, Field(o => &o->StepA));
        code.mov(stepB, Field(o => &o->StepB));
        code.shl(stepA, 2);
        code.shl(stepB, 2);
        code.mov(rcx, Field(o => &o->RowA));
        code.shl(rcx, 2);
        code.lea(rdx, __[rcx + rcx * 2]); // three rows
        code.lea(rsi, __[rcx + rcx * 4]); // five
        code.mov(rdi, Field(o => (nint*)&o->A));
        code.lea(r8, __[rdi + rdx * 2]);
        code.add(r8, rcx); // the seventh row
        code.mov(b, Field(o => (nint*)&o->B));
        code.mov(ahead, Field(o => (nint*)&o->Ahead));
        code.mov(aheadStep, Field(o => &o->AheadStep));
        code.mov(depth, Field(o => &o->Depth));
        for (var i = 0; i < rows * vectors; i++) code.vpxord(Sums[i], Sums[i], Sums[i]);
        code.test(depth, depth);
        code.jle(end);

        code.Label(ref step);
        code.prefetcht1(__byte_ptr[ahead]);
        for (var j = 0; j < vectors; j++) code.vmovups(B[j], __zmmword_ptr[b + j * LineBytes]);
        for (var i = 0; i < rows; i++)
        {
            code.vpbroadcastd(X, RowOfA(i));
            for (var j = 0; j < vectors; j++) code.vdpbf16ps(Sums[i * vectors + j], X, B[j]);
        }
        code.add(rdi, stepA);
        code.add(r8, stepA);
        code.add(b, stepB);
        code.add(ahead, aheadStep);
        code.dec(depth);
        code.jne(step);
        code.Label(ref end);
    }

    // From row 0 in rdi or row 7 in r8, by one, three or five rows in rcx, rdx, rsi.
    private static AssemblerMemoryOperand RowOfA(int row) => row switch
    {
        0 => __dword_ptr[rdi],
        1 => __dword_ptr[rdi + rcx],
        2 => __dword_ptr[rdi + rcx * 2],
        3 => __dword_ptr[rdi + rdx],
        4 => __dword_ptr[rdi + rcx * 4],
        5 => __dword_ptr[rdi + rsi],
        6 => __dword_ptr[rdi + rdx * 2],
        7 => __dword_ptr[r8],
        8 => __dword_ptr[rdi + rcx * 8],
        9 => __dword_ptr[r8 + rcx * 2],
        10 => __dword_ptr[rdi + rsi * 2],
        11 => __dword_ptr[r8 + rcx * 4],
        12 => __dword_ptr[rdi + rdx * 4],
        13 => __dword_ptr[r8 + rdx * 2],
        _ => throw new ArgumentOutOfRangeException(nameof(row)),
    };

    private static void Finish(Assembler code, int rows, int vectors)
    {
        AssemblerRegister64 c = rax, ldc = rcx, addend = rdx, ldaddend = rsi, mask = rdi, ldmask = r8;
        code.mov(c, Field(o => (nint*)&o->C));
        code.mov(addend, Field(o => (nint*)&o->Addend));
        code.mov(mask, Field(o => (nint*)&o->Mask));
        code.mov(ldc, Field(o => &o->Ldc));
        code.mov(ldaddend, Field(o => &o->Ldaddend));
        code.mov(ldmask, Field(o => &o->Ldmask));
        code.shl(ldc, 2);
        code.shl(ldaddend, 2);
        code.shl(ldmask, 2);
        code.vbroadcastss(Floor, __dword_ptr[Tile + Offset(o => (nint*)&o->Floor)]);
        code.vpxord(Zero, Zero, Zero);
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < vectors; j++)
            {
                var sum = Sums[i * vectors + j];
                code.vaddps(sum, sum, __zmmword_ptr[addend + j * LineBytes]);
                code.vmaxps(sum, Floor, sum); // gives its second operand if one is NaN, so that the floor does not hide it
                code.vcmpps(k1, Zero, __zmmword_ptr[mask + j * LineBytes], LessThan);
                code.vmovaps(sum.k1.z, sum);
                code.vmovups(__zmmword_ptr[c + j * LineBytes], sum);
            }
            if (i == rows - 1) break;
            code.add(c, ldc);
            code.add(addend, ldaddend);
            code.add(mask, ldmask);
        }
    }

    private delegate nint* FieldOf(GemmTile* tile);

    private static AssemblerMemoryOperand Field(FieldOf field) => __qword_ptr[Tile + Offset(field)];

    private static int Offset(FieldOf field)
    {
        GemmTile tile;
        return (int)((byte*)field(&tile) - (byte*)&tile);
    }
}

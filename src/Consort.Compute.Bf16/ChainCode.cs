using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Consort.Compute.Bf16;

/// <summary>Writes independent chains of dot products that never leave registers: what the machine does at most.</summary>
internal static class ChainCode
{
    /// <summary>Floating-point operations of one step: a product and a sum for each of 32 elements in each chain.</summary>
    public const int OperationsPerStep = 2 * 32 * 12;

    private static readonly AssemblerRegisterZMM[] Chains = [zmm0, zmm1, zmm2, zmm3, zmm4, zmm5, zmm16, zmm17, zmm18, zmm19, zmm20, zmm21];

    /// <summary>(nint steps), at least 1.</summary>
    public static void Write(Assembler code, CallConvention convention)
    {
        convention.Enter(code);
        code.mov(rax, convention.FirstArgument);
        foreach (var chain in Chains) code.vpxord(chain, chain, chain);
        code.vpxord(zmm22, zmm22, zmm22);
        var step = code.CreateLabel();
        code.Label(ref step);
        foreach (var chain in Chains) code.vdpbf16ps(chain, zmm22, zmm22);
        code.dec(rax);
        code.jne(step);
        convention.Leave(code);
    }
}

using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Consort.Compute.Bf16;

/// <summary>
/// How a function is called on this system. Written code may use all vector registers and, of the others, all that are not the caller's by
/// either convention, and rbx, rsi, rdi, r12 and r13.
/// </summary>
internal sealed class CallConvention
{
    private const int FirstKept = 6, Kept = 10, VectorBytes = 16; // on Windows xmm6 to xmm15 are the caller's

    private static readonly AssemblerRegisterXMM[] KeptVectors = [xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    private readonly bool _windows;

    private CallConvention(bool windows) => _windows = windows;

    /// <summary>That of this system.</summary>
    public static CallConvention Own { get; } = new(OperatingSystem.IsWindows());

    /// <summary>Holds the first argument at the entry.</summary>
    public AssemblerRegister64 FirstArgument => _windows ? rcx : rdi;

    public AssemblerRegister64 SecondArgument => _windows ? rdx : rsi;

    public AssemblerRegister64 ThirdArgument => _windows ? r8 : rdx;

    public AssemblerRegister64 FourthArgument => _windows ? r9 : rcx;

    /// <summary>Saves the caller's registers.</summary>
    public void Enter(Assembler code)
    {
        code.push(rbx);
        code.push(rsi);
        code.push(rdi);
        code.push(r12);
        code.push(r13);
        if (!_windows) return;
        code.sub(rsp, Kept * VectorBytes);
        for (var i = 0; i < Kept; i++) code.vmovups(__xmmword_ptr[rsp + i * VectorBytes], KeptVectors[i]);
    }

    /// <summary>Restores them and returns.</summary>
    public void Leave(Assembler code)
    {
        code.vzeroupper();
        if (_windows)
        {
            for (var i = 0; i < Kept; i++) code.vmovups(KeptVectors[i], __xmmword_ptr[rsp + i * VectorBytes]);
            code.add(rsp, Kept * VectorBytes);
        }
        code.pop(r13);
        code.pop(r12);
        code.pop(rdi);
        code.pop(rsi);
        code.pop(rbx);
        code.ret();
    }
}

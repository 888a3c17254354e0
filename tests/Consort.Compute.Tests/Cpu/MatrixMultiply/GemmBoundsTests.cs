using System.Runtime.InteropServices;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Cpu.MatrixMultiply;

/// <summary>Operands that end where readable memory ends: tiles at the edges must not read beyond them.</summary>
public sealed partial class GemmBoundsTests
{
    private const int NoAccess = 0, ReadWrite = 3, PrivateAnonymous = 0x22;

    [Theory]
    [InlineData(nameof(GemmKernel.Portable))]
    [InlineData(nameof(GemmKernel.Avx2))]
    [InlineData(nameof(GemmKernel.Avx512))]
    public unsafe void Run_OperandsEndAtAPageWithoutAccess_ReadsNothingBeyond(string name)
    {
        var kernel = Enum.Parse<GemmKernel>(name);
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pages are guarded by mmap and mprotect, as on Linux");
        Assert.SkipUnless(Gemm.IsAvailable(kernel), $"the processor has no {name}, or it is switched off");
        using var workers = new Workers(2);
        using var gemm = new Gemm(workers, kernel);
        foreach ((var m, var n, var k) in new[] { (10, 33, 70), (3, 5, 9), (1, 2, 600), (15, 1, 20), (23, 49, 513), (2, 2, 1),
            (400, 13, 65), (229, 201, 513) })
            for (var bits = 0; bits < 4; bits++)
            {
                bool transA = (bits & 1) != 0, transB = (bits & 2) != 0;
                using var a = new Guarded(m * k);
                using var b = new Guarded(k * n);
                using var c = new Guarded(m * n);
                new Span<float>(a.Data, m * k).Fill(1);
                new Span<float>(b.Data, k * n).Fill(2);
                gemm.Run(new GemmCall<float>
                {
                    M = m,
                    N = n,
                    K = k,
                    A = a.Data,
                    Lda = transA ? m : k,
                    TransA = transA,
                    B = b.Data,
                    Ldb = transB ? k : n,
                    TransB = transB,
                    C = c.Data,
                    Ldc = n,
                });
                for (var i = 0; i < m * n; i++) Assert.Equal(2f * k, c.Data[i]);
            }
    }

    private sealed unsafe partial class Guarded : IDisposable
    {
        private readonly nint _start;
        private readonly nint _bytes;

        public Guarded(int length)
        {
            nint used = (length * sizeof(float) + Environment.SystemPageSize - 1) / Environment.SystemPageSize * Environment.SystemPageSize;
            _bytes = used + Environment.SystemPageSize;
            _start = Map(0, _bytes, ReadWrite, PrivateAnonymous, -1, 0);
            Assert.NotEqual(-1, _start);
            Assert.Equal(0, Protect(_start + used, Environment.SystemPageSize, NoAccess));
            Data = (float*)(_start + used) - length;
        }

        public float* Data { get; }

        public void Dispose() => _ = Unmap(_start, _bytes);

        [LibraryImport("libc", EntryPoint = "mmap")]
        private static partial nint Map(nint address, nint length, int protection, int flags, int file, nint offset);

        [LibraryImport("libc", EntryPoint = "mprotect")]
        private static partial int Protect(nint address, nint length, int protection);

        [LibraryImport("libc", EntryPoint = "munmap")]
        private static partial int Unmap(nint address, nint length);
    }
}

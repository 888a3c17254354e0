using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Guards;

/// <summary>Each guard of the guarded build, broken once.</summary>
[Collection(DamageCollection.Name)]
public sealed unsafe class MemoryGuardTests
{
    [Fact(Skip = GuardedBuild.Skip)]
    public void CheckAll_OneElementBeyondABuffer_NamesTheMemory()
    {
        using var buffer = new NativeBuffer<float>(10);
        MemoryGuard.CheckAll("nothing");
        buffer.Pointer[10] = 0;
        var error = Assert.Throws<MemoryGuardException>(() => MemoryGuard.CheckAll("a test"));
        Assert.Equal("after a test: memory [10] of Single, 40 bytes was written to beyond its last element", error.Message);
        MemoryGuard.CheckAll("it was said"); // said once, so that other tests go on
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Dispose_OneElementBeforeABuffer_Throws()
    {
        var buffer = new NativeBuffer<int>(3);
        buffer.Pointer[-1] = 0;
        var error = Assert.Throws<MemoryGuardException>(buffer.Dispose);
        Assert.Contains("was written to before its first element", error.Message, StringComparison.Ordinal);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Dispose_LargePages_HaveRedZonesToo()
    {
        var buffer = new NativeBuffer<byte>((5 << 20) + 1);
        buffer.Pointer[buffer.Length] = 1;
        Assert.Throws<MemoryGuardException>(buffer.Dispose);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Grow_OneElementBeyond_Throws()
    {
        using var buffer = new GrowingBuffer<byte>();
        buffer.Grow(7);
        System.Runtime.CompilerServices.Unsafe.Add(ref buffer[6], 1) = 1;
        Assert.Throws<MemoryGuardException>(() => buffer.Grow(20));
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Read_OfWhatWasNeverWritten_IsPoison()
    {
        using var floats = new NativeBuffer<float>(3, MemoryContent.Unwritten);
        using var doubles = new NativeBuffer<double>(3, MemoryContent.Unwritten);
        using var zeros = new NativeBuffer<float>(3);
        using var grown = new GrowingBuffer<int>();
        grown.Grow(2);
        Assert.Equal(0, Poison.IndexIn<float>(floats.Span));
        Assert.Equal(0, Poison.IndexIn<double>(doubles.Span));
        Assert.Equal([0f, 0, 0], zeros.Span.ToArray());
        Assert.Equal([unchecked((int)0xCDCDCDCD), unchecked((int)0xCDCDCDCD)], grown.Slice(0, 2).ToArray());
        // Kernels may read a whole vector at the last element: what they get there is poison too.
        Assert.True(float.IsNaN(zeros.Pointer[3]));
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Pointer_AfterDispose_Throws()
    {
        var buffer = new NativeBuffer<float>(3);
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => (nint)buffer.Pointer);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void CheckFreed_WrittenAfterDispose_Throws()
    {
        var buffer = new NativeBuffer<float>(3);
        var kept = buffer.Pointer;
        buffer.Dispose();
        MemoryGuard.CheckFreed();
        kept[1] = 0;
        var error = Assert.Throws<MemoryGuardException>(MemoryGuard.CheckFreed);
        Assert.Contains("was written to after it was freed", error.Message, StringComparison.Ordinal);
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Free_Twice_Throws()
    {
        var memory = NativeBlocks.Zeros<int>(4);
        NativeBlocks.Free(memory);
        Assert.Throws<MemoryGuardException>(() => NativeBlocks.Free(memory));
    }

    [Fact(Skip = GuardedBuild.Skip)]
    public void Gemm_OperandThatEndsBeyondItsMemory_Throws()
    {
        using var workers = new Workers(1);
        using var gemm = new Gemm(workers);
        using var a = new NativeBuffer<float>(6);
        using var b = new NativeBuffer<float>(6);
        using var c = new NativeBuffer<float>(4);
        gemm.Run(Call(2));
        var error = Assert.Throws<MemoryGuardException>(() => gemm.Run(Call(3)));
        Assert.StartsWith("A [3, 3] with 3 from one row to the next takes 36 bytes", error.Message, StringComparison.Ordinal);

        GemmCall<float> Call(int m) =>
            new() { M = m, N = 2, K = 3, A = a.Pointer, Lda = 3, B = b.Pointer, Ldb = 2, C = c.Pointer, Ldc = 2 };
    }
}

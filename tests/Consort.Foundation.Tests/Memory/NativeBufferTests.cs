namespace Consort.Foundation.Tests.Memory;

/// <summary>What buffers check in every build.</summary>
public sealed class NativeBufferTests
{
    [Fact]
    public void Slice_WithinAndOutside_GivesElementsOrThrows()
    {
        using var buffer = new NativeBuffer<int>(10);
        buffer.Slice(3, 7)[6] = 5;
        Assert.Equal(5, buffer[9]);
        Assert.Equal(0, buffer.Slice(10, 0).Length);
        foreach (var (start, length) in ((long, int)[])[(0, 11), (4, 7), (11, 0), (-1, 1), (0, -1), (long.MaxValue, 1),
            (long.MaxValue, int.MaxValue)])
            Assert.Throws<ArgumentOutOfRangeException>(() => buffer.Slice(start, length).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer[10]);
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer[-1]);
    }

    [Fact]
    public void All_PartsAndCopies_StayWithin()
    {
        using var from = new NativeBuffer<float>(5);
        using var to = new NativeBuffer<float>(4);
        from.Span.Fill(3);
        from.All.Part(1, 4).CopyTo(to.All);
        Assert.Equal([3f, 3, 3, 3], to.Span.ToArray());
        to.All.Part(0, 3).Clear();
        Assert.Equal([0f, 0, 0, 3], to.Span.ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => from.All.Part(2, 4).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => from.All.CopyTo(to.All));
        to.All.Prefetch(3, 100); // a hint: what lies outside is passed over
    }

    [Fact]
    public void Use_AfterDispose_Throws()
    {
        var buffer = new NativeBuffer<double>(3);
        buffer.Dispose();
        buffer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => buffer.Slice(0, 1).Length);
        Assert.Throws<ObjectDisposedException>(() => buffer[0]);
        Assert.Throws<ObjectDisposedException>(buffer.Clear);
    }

    [Fact]
    public void Borrow_ThenDispose_LeavesTheOwnersMemory()
    {
        using var owner = new NativeBuffer<int>(4);
        var borrowed = owner.Borrow();
        borrowed[2] = 7;
        borrowed.Dispose();
        Assert.Equal(7, owner[2]);
        Assert.Throws<ObjectDisposedException>(() => borrowed[2]);
    }

    [Fact]
    public void GrowingBuffer_Grown_KeepsItsElements()
    {
        using var buffer = new GrowingBuffer<int>();
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer[0]);
        for (var i = 0; i < 1000; i++)
        {
            if (i == buffer.Capacity)
                buffer.Grow(Math.Max(3, i * 3 / 2));
            buffer[i] = i;
        }

        Assert.Equal(Enumerable.Range(0, 1000), buffer.Slice(0, 1000).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => buffer[buffer.Capacity]);
        buffer.Clear();
        Assert.Equal(0, buffer.Capacity);
    }

    [Fact]
    public void Poison_InNumbers_IsFoundAfterArithmetic()
    {
        var floats = new float[37];
        var doubles = new double[37];
        Poison.Fill<float>(floats.AsSpan(20, 2));
        Poison.Fill<double>(doubles.AsSpan(20, 2));
        Assert.Equal(20, Poison.IndexIn<float>(floats));
        Assert.Equal(20, Poison.IndexIn<double>(doubles));
        for (var i = 0; i < floats.Length; i++)
            (floats[i], doubles[i]) = (-(floats[i] * 3) + 1, -(doubles[i] * 3) + 1);
        Assert.Equal(20, Poison.IndexIn<float>(floats));
        Assert.Equal(20, Poison.IndexIn<double>(doubles));
        // Other NaN are the model's own, and nothing of ours.
        Assert.Equal(-1, Poison.IndexIn<float>([float.NaN, 0f / 0, float.PositiveInfinity]));
        Assert.Equal(-1, Poison.IndexIn<double>([double.NaN, 0.0 / 0]));
        Assert.Equal(-1, Poison.IndexIn<int>([unchecked((int)0xCDCDCDCD)]));
    }
}

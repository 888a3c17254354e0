using Consort.Data.Growth;

namespace Consort.Data.Tests.Growth;

/// <summary>The counting Bloom filter of tokens that wait for an id.</summary>
public sealed class WaitingTokensTests
{
    private const int Tokens = 100_000;

    [Fact]
    public void CountOf_ManyTokens_IsNeverTooSmallAndSeldomTooLarge()
    {
        var (waiting, tooLarge) = (new WaitingTokens(1), 0);
        for (var i = 0; i < Tokens; i++)
            waiting.Add(Key(i), 1 + (i % 3));
        for (var i = 0; i < Tokens; i++)
        {
            Assert.True(waiting.CountOf(Key(i)) >= 1 + (i % 3));
            tooLarge += waiting.CountOf(Key(i)) > 1 + (i % 3) ? 1 : 0;
        }

        // 400,000 places among 524,288: a stranger meets four that are taken with (1 − e^−0.76)^4 = 0.08, less by raising the least alone.
        Assert.InRange(tooLarge, 1, Tokens / 12);
        Assert.InRange(Enumerable.Range(Tokens, Tokens).Count(i => waiting.CountOf(Key(i)) > 0), Tokens / 25, Tokens / 10);
    }

    [Fact]
    public void Decayed_ARowADay_ComesNearToTheSumOfPowers()
    {
        var waiting = new WaitingTokens(1);
        for (var day = 0; day < 60; day++)
        {
            waiting = waiting.Decayed(0.9);
            waiting.Add(Key(7), 1);
        }

        Assert.InRange(waiting.CountOf(Key(7)), 5, 10); // 1 / (1 − 0.9) without rounding down
        for (var day = 0; day < 60; day++)
            waiting = waiting.Decayed(0.9);
        Assert.Equal(0, waiting.CountOf(Key(7)));
        waiting.Add(Key(7), int.MaxValue);
        Assert.Equal(4095, waiting.CountOf(Key(7)));
    }

    [Fact]
    public void Read_WhatWasWritten_IsTheSameAndOfADamagedFileNothing()
    {
        var waiting = new WaitingTokens(2);
        waiting.Add(Key(1), 5);
        using var stream = new MemoryStream();
        waiting.Write(stream);
        var content = stream.ToArray();
        var read = WaitingTokens.Read(content);
        Assert.Equal((2, 5), (read!.Megabytes, read.CountOf(Key(1))));
        Assert.Null(WaitingTokens.Read(content.AsSpan(0, content.Length - 1)));
        content[^1] ^= 1;
        Assert.Null(WaitingTokens.Read(content));
    }

    private static ulong Key(int token) => WaitingTokens.KeyOf(WaitingTokens.SeedOf("user"), BitConverter.GetBytes(token));
}

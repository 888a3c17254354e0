using System.Diagnostics;
using Consort.Foundation.Files;

namespace Consort.Foundation.Tests.Files;

/// <summary>One writer a folder: the second is told who the first is, and a dead one holds nobody up.</summary>
public sealed class ClaimTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Name => _folder.At("writer");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Take_HeldByAnother_SaysWhoHoldsIt()
    {
        using (Claim.Take("run", Name, "name another folder"))
        {
            var message = Assert.Throws<ConsortException>(() => Claim.Take("run", Name, "name another folder")).Message;
            using var self = Process.GetCurrentProcess();
            Assert.StartsWith($"run: is being written by another process: pid {Environment.ProcessId} on host {Environment.MachineName}, started ", message, StringComparison.Ordinal);
            Assert.Contains(self.StartTime.ToUniversalTime()
                .ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture), message, StringComparison.Ordinal);
            Assert.Contains("command: consort ", message, StringComparison.Ordinal);
            Assert.EndsWith("wait until it has finished, stop it, or name another folder", message, StringComparison.Ordinal);
        }
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
        Claim.Take("run", Name, "").Dispose();
    }

    [Fact]
    public void Take_WhatADeadOwnerLeft_IsTakenOver()
    {
        // Its number may have been given to another process since, and that one lives.
        File.WriteAllText(Name + ".lock", "");
        File.WriteAllText(Name + ".owner",
            $"pid: {Environment.ProcessId}\nhost: {Environment.MachineName}\nstarted: 2001-01-01T00:00:00Z\ncommand: consort train\nend\n");
        using (Claim.Take("run", Name, "")) Assert.Contains($"pid: {Environment.ProcessId}", File.ReadAllText(Name + ".owner"),
            StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void OwnerOf_ControlCharactersInACommand_AreNotShown()
    {
        File.WriteAllText(Name + ".owner", "pid: 7\nhost: a\u001b[2J\nstarted: 2026-01-02T03:04:05Z\ncommand: x\ty\u0007\nend\n");
        Assert.Equal(": pid 7 on host a [2J, started 2026-01-02 03:04:05 UTC, command: x y ", Claim.OwnerOf(Name));
        File.WriteAllText(Name + ".owner", "pid: 7\nhost: a\n");
        Assert.Equal("", Claim.OwnerOf(Name));
    }

    [Fact]
    public async Task Await_UntilTheOwnerIsDone_SaysWhoOnce()
    {
        var waited = new List<string>();
        var first = Claim.Take("cache", Name, "");
        var second = Task.Run(() => Claim.Await("cache", Name, waited.Add, CancellationToken.None));
        while (waited.Count == 0) await Task.Delay(5);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (var claim, var hasWaited) = await second;
        claim.Dispose();
        Assert.True(hasWaited);
        Assert.Contains("pid", Assert.Single(waited), StringComparison.Ordinal);
    }

    [Fact]
    public void Await_Cancelled_Ends()
    {
        using var held = Claim.Take("cache", Name, "");
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Claim.Await("cache", Name, _ => source.Cancel(), source.Token));
    }

    [Fact]
    public void Try_ManyAtOnce_AtMostOneHasIt()
    {
        int holders = 0, most = 0, taken = 0;
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            for (var i = 0; i < 200; i++)
            {
                if (Claim.Try("run", Name) is not { } claim) continue;
                var now = Interlocked.Increment(ref holders);
                Interlocked.Increment(ref taken);
                if (now > 1) Interlocked.Exchange(ref most, now);
                Thread.SpinWait(50);
                Interlocked.Decrement(ref holders);
                claim.Dispose();
            }
        });
        Assert.Equal(0, most);
        Assert.True(taken > 0);
    }
}

using System.IO.Pipes;
using Consort.Foundation.Files;
using Microsoft.Win32.SafeHandles;

namespace Consort.Foundation.Tests.Files;

/// <summary>Writing is begun where the system can, and what was written stays what it is.</summary>
public sealed class WriteBehindTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Start_OnAFile_BeginsAndChangesNothing()
    {
        var path = _folder.At("a.bin");
        var bytes = new byte[300_000];
        Random.Shared.NextBytes(bytes);
        using (var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
        {
            RandomAccess.Write(file, bytes, 0);
            Assert.Equal(OperatingSystem.IsLinux(), WriteBehind.Start(file, 0, 200_000));
            Assert.Equal(OperatingSystem.IsLinux(), WriteBehind.Start(file, 200_000, 100_000));
        }
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void Start_OnAPipe_SaysNo()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using var file = new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
        Assert.False(WriteBehind.Start(file, 0, 100));
    }
}

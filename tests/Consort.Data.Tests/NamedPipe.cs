using System.Diagnostics;

namespace Consort.Data.Tests;

/// <summary>A pipe with a name, as <c>mkfifo</c> makes it, and who writes to it. Tests of pipes need a system that has them.</summary>
internal static class NamedPipe
{
    public static string Make(string path)
    {
        using var make = Process.Start("mkfifo", [path]);
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
        return path;
    }

    /// <summary>A pipe to which a thread writes some bytes, once it is read.</summary>
    public static string Of(string path, byte[] bytes)
    {
        Make(path);
        new Thread(() =>
        {
            using var pipe = new FileStream(path, FileMode.Open, FileAccess.Write);
            pipe.Write(bytes);
        })
        { IsBackground = true }.Start();
        return path;
    }
}

// A client in the manner of old tutorials: DataOutputStream.writeUTF over a plain socket.
import java.io.*;
import java.net.*;

public class JavaSocket {
    public static void main(String[] args) {
        try {
            Socket socket = new Socket(args[0], Integer.parseInt(args[1]));
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeUTF(args[2]);

            // The daemon's greeting is a line; what it answers to writeUTF can be read by readUTF.
            DataInputStream in = new DataInputStream(socket.getInputStream());
            System.out.println(in.readLine());
            System.out.println(in.readUTF());

            // Holds the connection, and with it the motion, until told.
            while (System.in.read() >= 0) { }
            out.close();
            socket.close();
        } catch (IOException e) {
            e.printStackTrace();
            System.exit(1);
        }
    }
}
